#!/usr/bin/env bash
# Puts the registry and the two example services on Minikube, and says where they are.
#
#   ./deploy-minikube.sh             starts Minikube if it is stopped, builds the image in it, applies k8s/, waits
#   ./deploy-minikube.sh --delete    takes all of that away again, an overlay of it too; Minikube itself stays
#   ./deploy-minikube.sh --help
#
# It may be run again at any time: what has not changed stays as it is, and after a change of the code the services
# begin anew with the new image. It works on Minikube's active profile alone, whatever kubectl's current context is.
#
# Environment:  TIMEOUT=180s    how long to wait for each deployment
# Exit codes:   0 done, 1 something is missing or failed, 2 wrong arguments
set -euo pipefail
cd "$(dirname "$0")"

image=service-registry:latest
deployments=(service-registry user-service payment-service)
ours=app.kubernetes.io/part-of=discovery-compare
node_port=30001
timeout=${TIMEOUT:-180s}

fail() {
    echo "deploy-minikube: $*" >&2
    exit 1
}

step() {
    echo "==> $*"
}

require_tools() {
    local tool missing=()
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    echo "deploy-minikube: missing: ${missing[*]}" >&2
    for tool in "${missing[@]}"; do
        case $tool in
        minikube) echo "  minikube   https://minikube.sigs.k8s.io/docs/start/" ;;
        kubectl) echo "  kubectl    https://kubernetes.io/docs/tasks/tools/" ;;
        docker) echo "  docker     https://docs.docker.com/get-started/get-docker/ (the command; its daemon is Minikube's)" ;;
        curl) echo "  curl       from your system's packages" ;;
        esac
    done >&2
    exit 1
}

readonly no_such_cluster=85 # Minikube's exit code
runs() {
    minikube status >/dev/null 2>&1
}

# By Minikube's name of it, so that no other cluster is ever touched.
on_minikube() {
    kubectl --context "$profile" "$@"
}

image_id() {
    docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true
}

use_docker_of_minikube() {
    local variables
    variables=$(minikube docker-env --shell bash) || fail "Minikube lends no Docker daemon (it does with the container \
runtime docker: minikube start --container-runtime=docker)"
    eval "$variables"
}

start() {
    if runs; then
        step "Minikube runs"
    else
        step "Starting Minikube"
        minikube start || fail "Minikube does not start: what it says is above; minikube logs says more"
    fi
    profile=$(minikube profile) || fail "Minikube does not say what its profile is"
}

build() {
    step "Building $image in Minikube"
    use_docker_of_minikube
    before=$(image_id)
    docker build --tag "$image" . || fail "the image cannot be built: nothing was applied"
    after=$(image_id)
}

# Under its old name a new image is no change to Kubernetes. What was there before the build has to be told of it.
apply() {
    local deployment there=()
    if [[ -n $before && $before != "$after" ]]; then
        for deployment in "${deployments[@]}"; do
            [[ -z $(on_minikube get deployment "$deployment" --ignore-not-found --output name) ]] || there+=("$deployment")
        done
    fi
    step "Applying k8s/"
    on_minikube apply -f k8s/registry-deployment.yaml -f k8s/example-service-deployment.yaml ||
        fail "kubectl cannot apply k8s/"
    if [[ ${#there[@]} -gt 0 ]]; then
        step "The image is a new one: restarting"
        on_minikube rollout restart deployment "${there[@]}" || fail "kubectl cannot restart ${there[*]}"
    fi
}

await() {
    local deployment
    for deployment in "${deployments[@]}"; do
        step "Waiting for $deployment"
        if ! on_minikube rollout status "deployment/$deployment" --timeout "$timeout"; then
            on_minikube get pods --selector "app=$deployment" >&2 || true
            fail "$deployment is not ready after $timeout. Why:
  kubectl --context $profile describe pods --selector app=$deployment
  kubectl --context $profile logs deployment/$deployment"
        fi
    done
}

# What is printed has answered. Where Minikube is a container of Docker Desktop, its address cannot be reached from here.
say_where() {
    local url answer
    url=http://$(minikube ip):$node_port || fail "Minikube does not say what its address is"
    echo
    if answer=$(curl --silent --fail --connect-timeout 3 --retry 3 --retry-delay 1 --retry-connrefused "$url/services"); then
        cat <<END
The registry:  $url
What it has:   $answer

Find the instances of a service:
  curl $url/discover/user-service
END
    else
        cat <<END
The node's address, $url, does not answer from here. Forward a port to it in a second terminal:
  kubectl --context $profile port-forward service/service-registry 5001:5001

Then find the instances of a service:
  curl http://localhost:5001/discover/user-service
END
    fi
    echo "Watch one leave:  kubectl --context $profile delete pod --selector app=payment-service --wait=false"
    echo "Take all away:    ./deploy-minikube.sh --delete"
}

# By their label, and so whichever way they were applied.
delete() {
    local status=0
    runs || status=$?
    if [[ $status -eq $no_such_cluster ]]; then
        step "There is no Minikube cluster: nothing to take away"
        return
    fi
    [[ $status -eq 0 ]] || fail "Minikube is stopped, with whatever was deployed in it: minikube start, then once more"
    profile=$(minikube profile) || fail "Minikube does not say what its profile is"
    step "Deleting what is labelled $ours"
    on_minikube delete statefulset,deployment,service --selector "$ours" --cascade=foreground --wait \
        --timeout "$timeout" || fail "not all of it is deleted; it is safe to try again"
    use_docker_of_minikube
    if [[ -n $(image_id) ]]; then
        step "Removing $image from Minikube"
        docker image rm --force "$image" >/dev/null || fail "the image cannot be removed; all else is deleted"
    fi
    step "All is taken away. Minikube runs on: minikube stop"
}

main() {
    if [[ $# -gt 1 ]]; then
        echo "deploy-minikube: one argument at most; see --help" >&2
        exit 2
    fi
    case ${1:-} in
    -h | --help)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
        return
        ;;
    "" | --delete) ;;
    *)
        echo "deploy-minikube: unknown argument '$1'; see --help" >&2
        exit 2
        ;;
    esac
    if [[ ${1:-} == --delete ]]; then
        require_tools minikube kubectl docker
        delete
        return
    fi
    require_tools minikube kubectl docker curl
    start
    build
    apply
    await
    say_where
}

main "$@"
