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
	local i
	for ((i = servers; i < ${#t_pids[@]}; i++)); do
		kill "${t_pids[i]}"
		wait "${t_pids[i]}"
	done 2>/dev/null
	t_pids=("${t_pids[@]:0:servers}")
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

free_again() {
	end_all && sysctl -qw net.hps.mem="$mem" && others_live
}

charged() {
	local before now
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p "$cg" || return
	before=$(cat "$cg/memory.current")
	stuck 4 "$cg"
	wait_for "$(slow 20)" steady a || return
	now=$(cat "$cg/memory.current")
	echo "$(queued a) octets are held, $((now - before)) charged"
	[ $((now - before)) -ge "$(queued a)" ]
}

ns_make a b
t_ok "a link" link 1
# the readers do not read: what was closed ends by this
in_ns a sysctl -qw net.hps.fin_timeout=1
mem=$(sysctl -n net.hps.mem)
: >"$t_dir/stall"
ns_background b traffic -n 100 stall :: 5001 >"$t_dir/stall" 2>&1
t_ok "readers that do not read" wait_for 10 grep -q listening "$t_dir/stall"
t_ok "a server" serve b 5002
servers=${#t_pids[@]}
t_ok "a bound by default" test "$mem" -gt 128
t_refused "of the initial namespace only" "No such file" in_ns a sysctl net.hps.mem
t_ok "all sockets together are bounded" bounded
t_ok "a new connection gets on" others_live
t_ok "free again" free_again
t_ok "the writer's cgroup is charged" charged
t_ok "and freed again" end_all
rmdir "$cg" 2>/dev/null
t_ok "nothing in the kernel log" log_clean
t_done
