"""Makes load, waits and watches, in processes of its own: a job comes in, results go out; it judges nothing."""
