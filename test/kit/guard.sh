#!/bin/sh
# Ends one server of the test kit, or one folder, when the pipe on stdin closes: so also when whoever held the other end
# was killed. Runs in a session of its own, hence Ctrl-C does not reach it.
#
#   guard.sh DIR     stdin: one line for each change, the postmaster's pid, or 0 when none runs
dir=$1
pid=0
while read -r line; do pid=$line; done

# A zombie counts as ended: in a container nobody may ever reap it.
alive() {
  [ "$pid" -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
  [ -r "/proc/$pid/stat" ] || return 0
  read -r _ _ state _ <"/proc/$pid/stat" && [ "$state" != Z ]
}

[ "$pid" -gt 0 ] && kill -QUIT "$pid" 2>/dev/null
tries=0
while alive; do
  tries=$((tries + 1))
  [ $tries -eq 100 ] && kill -KILL "$pid"
  [ $tries -eq 140 ] && break
  sleep 0.05
done

# A postmaster that was killed has left its lock file, and in there the id of its System V shared memory.
if [ -r "$dir/data/postmaster.pid" ] && command -v ipcrm >/dev/null; then
  shm=$(sed -n 's/^ *[0-9][0-9]* *\([0-9][0-9]*\)$/\1/p' "$dir/data/postmaster.pid")
  [ -n "$shm" ] && ipcrm -m "$shm" 2>/dev/null
fi

# Backends may still be writing their last file.
tries=0
until rm -rf "$dir" 2>/dev/null || [ $tries -eq 50 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
