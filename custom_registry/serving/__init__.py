"""The fast way: requests that it understands are answered on the event loop, by the views that answer all the others.

A request goes from ``protocol`` (bytes and connections) to ``dispatch`` (who is asked), unless all but its body or a
name is ``known`` before it is parsed; its reply may be found among the ``kept``, and if it waits it does so by
``parking``. Whatever is unusual about a request, or would hold up the others, takes the full way: ASGI, the front, and
Flask in a thread. Both give the same bytes.
"""
