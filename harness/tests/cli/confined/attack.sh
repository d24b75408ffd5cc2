# A node that attacks: each line says what succeeded. Arguments: its scenario's directory, its data directory, a file of
# the user, a secret.
scenario=$1 data=$2 victim=$3 secret=$4
try() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "$name: yes"; else echo "$name: no"; fi
}
try history sh -c "echo x >>'$scenario/history.jsonl'"
try plan sh -c "echo x >'$scenario/faults.json'"
try planted sh -c "echo x >'$scenario/../../planted'"
try user-file sh -c "echo x >>'$victim'"
try etc sh -c 'echo x >>/etc/hosts'
try setting sh -c 'echo core >/proc/sys/kernel/core_pattern'
try mount mount -t tmpfs none /mnt
try umount umount /proc
try harness-environment cat "/proc/$PPID/environ"
try harness-memory sh -c ": <'/proc/$PPID/mem'"
try harness-signal kill -0 "$PPID"
try init-signal kill -0 1
try outside-processes sh -c 'cat /proc/[0-9]*/environ | tr "\0" "\n" | grep -q ^JEPSEN_TEST_TOKEN='
# What a node must be able to do.
try own-data sh -c "echo x >'$data/own' && mkdir '$data/below' && mv '$data/own' '$data/below/own'"
try own-home sh -c 'echo x >"$HOME/own"'
try own-temporary sh -c "echo x >'${TMPDIR:-/tmp}/of-$(basename "$(dirname "$victim")")'"
try own-output sh -c 'echo reopened >/dev/stdout'
try null sh -c 'echo x >/dev/null'
grep Cap /proc/self/status | sed 's/^/status /'
env | sed 's/^/environment /'
echo "host $(uname -n)"
echo "home $HOME"
echo "logged in with $secret, $PASSWORD and $SHORT"
echo "finished"
exec sleep 100
