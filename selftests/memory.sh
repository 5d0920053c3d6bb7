#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
# timeout: 90
#
# What waits to be sent is bounded for all sockets together, and charged to the
# memory cgroup of who wrote it.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

mb=1048576
writers=()
cg=/sys/fs/cgroup/hps-memory

# queued NS: octets that its connections hold to be sent, or sent unacknowledged
queued() {
	in_ns "$1" hpsctl -j conn show |
		jq '[.conns[] | .send_queue] | add // 0'
}

# stuck N [CGROUP]: N writers whose readers do not read. They enter the cgroup
# first: "ip netns exec" has a /sys of its own.
stuck() {
	local i
	for ((i = 0; i < $1; i++)); do
		(
			[ -z "${2:-}" ] || echo "$BASHPID" >"$2/cgroup.procs" || exit
			exec ip netns exec "$(ns_name a)" traffic push 10.1.1.2 5001
		) >/dev/null 2>&1 &
		t_pids+=($!)
		writers+=($!)
	done
}

# steady NS: what is queued there does not grow any more
steady() {
	local one two
	one=$(queued "$1")
	sleep 0.5
	two=$(queued "$1")
	[ "$one" -gt 0 ] && [ "$one" = "$two" ]
}

drained() { [ "$(queued a)" = 0 ]; }

end_all() {
	end "${writers[@]}"
	writers=()
	wait_for "$(slow 10)" drained
}

bounded() {
	local before sum
	before=$(counter a HpsMemoryFull)
	sysctl -qw net.hps.mem=1024 || return
	stuck 10
	wait_for "$(slow 20)" steady a || return
	sum=$(queued a)
	echo "$sum octets of 20 MiB are held"
	# 4 MiB, each CPU's share of the count, a write and 16 KiB for each
	[ "$sum" -le $((8 * mb)) ] && [ "$sum" -ge $((2 * mb)) ] &&
		moved a HpsMemoryFull "$before"
}

# who has nothing yet gets on
others_live() { ask a 10.1.1.2 5002 -s $((4 * mb)); }

# A record that may not wait is taken whole: it must fit, too. Says "full", then
# "written" when there is room again. What the writers hold is near the bound,
# and counted to 256 KiB for each CPU: half the bound is surely less.
record() {
	sysctl -qw net.hps.mem=512 || return
	run_in a record python3 -u -c '
import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 258)
s.connect(("10.1.1.2", 5003))
s.setblocking(False)
s.send(bytes(8192))
try:
    s.send(bytes(500000))
    sys.exit("a record of 500000 octets was taken")
except BlockingIOError:
    print("full")
p = select.poll()
p.register(s, select.POLLOUT)
tries = 0
while True:
    p.poll()
    tries += 1
    try:
        s.send(bytes(500000))
        break
    except BlockingIOError:
        pass
# five a second at most
print("written" if tries < 300 else "%d tries" % tries)
'
	said record full
}

record_later() { said record written; }

# what was counted must not be any more: a transfer meets no bound
free_again() {
	local before
	sysctl -qw net.hps.mem=1024 || return
	end_all || return
	before=$(counter a HpsMemoryFull)
	ask a 10.1.1.2 5002 -s $mb && ! moved a HpsMemoryFull "$before" &&
		sysctl -qw net.hps.mem="$mem"
}

charged() {
	local now
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p "$cg" || return
	before=$(cat "$cg/memory.current")
	stuck 4 "$cg"
	wait_for "$(slow 20)" steady a || return
	now=$(cat "$cg/memory.current")
	echo "$(queued a) octets are held, $((now - before)) charged"
	[ $((now - before)) -ge "$(queued a)" ]
}

# all but what the kernel keeps for the next one
fallen() { [ $(($(cat "$cg/memory.current") - before)) -lt $((2 * mb)) ]; }

# over veth the reader's queue is made of the writer's pages
uncharged() { end_all && kill_all b && wait_for "$(slow 20)" fallen; }

ns_make a b
t_ok "a link" link 1
# the readers do not read: what was closed ends by this
in_ns a sysctl -qw net.hps.fin_timeout=1
mem=$(sysctl -n net.hps.mem)
: >"$t_dir/stall"
ns_background b traffic -n 100 stall :: 5001 >"$t_dir/stall" 2>&1
t_ok "readers that do not read" wait_for 10 grep -q listening "$t_dir/stall"
t_ok "a server" serve b 5002
run_in b records traffic -Q stall :: 5003
t_ok "a server of records" said records listening
t_ok "a bound by default" test "$mem" -gt 128
t_refused "of the initial namespace only" "No such file" in_ns a sysctl net.hps.mem
t_ok "all sockets together are bounded" bounded
t_ok "a new connection gets on" others_live
t_ok "a record that may not wait is refused" record
t_ok "free again" free_again
t_ok "the record is taken then" record_later
t_ok "the writer's cgroup is charged" charged
t_ok "and uncharged" uncharged
rmdir "$cg" 2>/dev/null
t_ok "nothing in the kernel log" log_clean
t_done
