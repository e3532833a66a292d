# Keeps one server on behalf of a test process and does not outlive it.
#
# Arguments: the server's folder, the signal that ends it decently, its command line.
# Orders come as lines on standard input: "start" answers with the server's process id, "kill" with "gone". The end of
# the input ends everything: it comes when the value is dropped and also when the test process dies in whatever way,
# because then the kernel closes the pipe.
folder=$1
ending=$2
shift 2
server=

# A zombie holds neither files nor ports any more, so it counts as gone.
alive() {
    read -r _ _ state _ <"/proc/$1/stat" && [ "$state" != Z ]
}

# Children are named one by one since those of PostgreSQL and Erlang have process groups of their own.
kill_server() {
    kill -STOP "$server" # no new children while we look
    children=$(cat "/proc/$server/task/$server/children")
    kill -KILL "$server" $children
    kill -KILL "-$server"
    wait "$server"
    looks=0
    for process in $children; do
        while alive "$process" && [ "$looks" -lt 250 ]; do
            looks=$((looks + 1))
            sleep 0.02
        done
    done
    server=
}

finish() {
    if [ -n "$server" ] && [ "$ending" != KILL ]; then
        kill -"$ending" "$server" && wait "$server"
    fi
    [ -z "$server" ] || kill_server
    cd / && rm -rf -- "$folder"
    exit 0
}

trap : PIPE # an answer nobody reads must not end us before the server
trap finish HUP INT TERM

while read -r order; do
    case $order in
    start)
        # setsid makes the server the leader of its own process group: $! is the id of both.
        setsid "$@" </dev/null >>"$folder/server.log" 2>&1 &
        server=$!
        echo "$server"
        ;;
    kill)
        kill_server
        echo gone
        ;;
    esac
done
finish
