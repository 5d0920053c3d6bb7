#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 400
#
# Namespaces and peers go, processes die, resources run out: nothing hangs,
# nothing is left behind.
# functions run through t_ok; numbers stand unquoted
# shellcheck disable=SC2317,SC2086,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

# the debug kernel sees in one round what others may miss in many
many=500 churn=2000 kills=20
if [ "${HPS_KERNEL:-}" = debug ]; then many=20 churn=60 kills=2; fi

hosts() {
	ns_add a b && links 2 delay 50us && bundle 2
}

# A namespace goes while its sockets are open, and takes its links along.
namespace_goes() {
	local server client pids
	run_in b server traffic server :: 5001
	server=$pid
	said server listening || return
	run_in a read traffic read 10.1.1.2 5001
	client=$pid
	run_in a push traffic push 10.1.1.2 5001
	said read reading && said push pushing || return
	pids=$(ip netns pids "$(ns_name b)")
	ns_delete b
	end $server $pids
	wait_for "$(slow 20)" eval "! ip -n $(ns_name a) link show eth1" || return
	end $client $pid
	ns_delete a
	hosts && ask_works
}

ask_works() {
	local rc=0
	run_in b server traffic server :: 5003
	said server listening && ask a 10.1.1.2 5003 -d both -s 300000 || rc=1
	end $pid
	return $rc
}

# a --- switch --- b: so that b can go and a's interfaces stay
switched() {
	local i h
	ns_make switch || return
	for i in 1 2; do
		in_ns switch ip link add br$i type bridge
		in_ns switch ip link set br$i up
		for h in a b; do wire $h $i || return; done
	done
}

wire() {
	local last=2
	[ "$1" = b ] || last=1
	ipn $1 link add eth$2 type veth peer name $1$2 netns "$(ns_name switch)" || return
	in_ns switch ip link set $1$2 master br$2 up
	ipn $1 addr add 10.1.$2.$last/24 dev eth$2
	# as a machine that boots again keeps its cards
	ipn $1 link set eth$2 address 02:00:00:00:0$last:0$2 up
}

# reboot WHAT: b vanishes without a word and comes back with its addresses;
# what a had open must end with ECONNRESET within the probe time
reboot() {
	local what=$1 server client h i
	for h in a b; do
		kill_all $h
		ns_delete $h
		ns_add $h || return
	done
	ns_delete switch 2>/dev/null
	switched || return
	for h in a b; do
		ipn $h link add hps0 type hps && ipn $h link set hps0 up || return
		for i in 1 2; do ipn $h link set eth$i master hps0; done
	done
	in_ns a sysctl -qw net.hps.probe_time="$(slow 3)"
	run_in b stall traffic -n 1 stall 10.1.1.2 5001
	server=$pid
	said stall listening || return
	run_in a client traffic -i 1000 "$what" 10.1.1.2 5001
	client=$pid
	said stall accepted || return
	# the links first, so that nobody hears b die
	for i in 1 2; do in_ns switch ip link del b$i || return; done
	end $server
	ns_delete b
	ns_add b || return
	wire b 1 && wire b 2 || return
	if [ "$2" = listening ]; then
		run_in b server traffic server :: 5001
		said server listening || return
	fi
	wait_for "$(slow 8)" says client ECONNRESET || {
		echo "the client says: $(cat "$t_dir/client")"
		end $client
		return 1
	}
}

# The links are the bottleneck, so that much is always under way and this script
# gets its turn even on a busy host.
killed_under_load() {
	local i server client
	shape 1 rate 2mbit delay 1ms && shape 2 rate 2mbit delay 1ms || return
	for ((i = 0; i < kills; i++)); do
		run_in b server traffic server :: 5001
		server=$pid
		said server listening || return
		run_in a client traffic -d both -s 100000000 -j 4 client 10.1.1.2 5001
		client=$pid
		wait_for "$(slow 10)" moved b HpsSegmentReceived "$(counter b HpsSegmentReceived)" || return
		# all of both, whichever first; their children are in the namespaces
		if [ $((i & 1)) = 1 ]; then kill_all a b; else kill_all b a; fi
		wait $server $client 2>/dev/null
	done
	shape 1 delay 50us && shape 2 delay 50us || return
	ask_works
}

fds_run_out() {
	run_in b server sh -c 'ulimit -n 12; exec traffic server :: 5001'
	local server=$pid
	said server listening || return
	run_in b stall sh -c 'ulimit -n 12; exec traffic -n 30 stall :: 5004'
	local stalled=$pid
	said stall listening || return
	run_in a hold traffic -n 30 -s 100 hold 10.1.1.2 5004
	said stall 'Too many open files' || return
	end $pid $stalled
	ask a 10.1.1.2 5001 -s 100000 -n 20 || return
	end $server
	ask_works
}

# The server sleeps while connections come and die; then it wakes up.
dead_in_the_queue() {
	local server
	run_in b server traffic server :: 5001
	said server listening || return
	server=$(ip netns pids "$(ns_name b)" | head -n 1)
	kill -STOP "$server"
	run_in a hold traffic -n 20 -s 1000 hold 10.1.1.2 5001
	said hold held || return
	end $pid
	kill -CONT "$server"
	ask a 10.1.1.2 5001 -d both -s 100000 -n 5 || return
	kill_all b
	ask_works
}

at_once() {
	run_in b server traffic -b 1024 server :: 5001
	said server listening || return
	in_ns a timeout "$(slow 120)" traffic -d both -s 20000 -j $many client 10.1.1.2 5001 || return
	kill_all b
}

slab() { awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo; }
no_conns() { [ -z "$(in_ns a hpsctl conn show)" ] && [ -z "$(in_ns b hpsctl conn show)" ]; }

churned() {
	local before after dropped hits
	run_in b server traffic server :: 5001
	said server listening || return
	in_ns a timeout "$(slow 100)" traffic -d both -s 500 -n $((churn / 4)) client 10.1.1.2 5001 ||
		{ cat "$t_dir/server"; return 1; }
	before=$(slab)
	hits=$(counter a HpsPoolHit)
	dropped=$(($(counter a HpsOrphanDropped) + $(counter b HpsOrphanDropped)))
	in_ns a timeout "$(slow 100)" traffic -d both -s 500 -n $churn client 10.1.1.2 5001 ||
		{ cat "$t_dir/server"; return 1; }
	echo "pool hits $(($(counter a HpsPoolHit) - hits)) of $churn"
	[ $(($(counter a HpsPoolHit) - hits)) -ge $((churn * 9 / 10)) ] || return
	[ $(($(counter a HpsOrphanDropped) + $(counter b HpsOrphanDropped))) = $dropped ] ||
		{ echo "orphans were dropped"; return 1; }
	kill_all b
	wait_for "$(slow 10)" no_conns || { in_ns a hpsctl conn show; in_ns b hpsctl conn show; return 1; }
	after=$(slab)
	echo "slab $before kB -> $after kB"
	[ $after -lt $((before + 4000)) ]
}

ns_make a b || t_skip "cannot make namespaces"
links 2 delay 50us || t_skip "cannot make links"
t_ok "a bundle" bundle 2
t_ok "a namespace goes with its sockets open" namespace_goes
t_ok "both ends killed under load, $kills times" killed_under_load
t_ok "file descriptors run out" fds_run_out
t_ok "the accept queue is full of the dead" dead_in_the_queue
t_ok "$many connections at once" at_once
t_ok "$churn connections one after the other leave nothing" churned
t_ok "a peer reboots under a sender" reboot push ""
t_ok "a peer reboots under an idle reader" reboot read ""
t_ok "a peer reboots and listens again" reboot read listening
t_ok "the kernel's log is clean" log_clean
t_done
