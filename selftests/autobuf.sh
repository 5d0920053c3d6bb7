#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 300
#
# Buffers that the program did not set grow to what the paths together carry in
# the longest round trip, and the peer learns it.
# functions run through t_ok
# shellcheck disable=SC2317,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

kib=1024
size=$(part $((3000 * kib)))
# much less than the links carry in a round trip
low=$(part $((96 * kib)))
high=$(part $((4096 * kib)))
more=$t_dir/more

# bounds LOW MAX: buffers begin with LOW octets and grow to MAX
bounds() {
	local h
	for h in a b; do
		in_ns $h sysctl -qw net.hps.rmem="$1" net.hps.wmem="$1" \
			net.hps.rmem_max="$2" net.hps.wmem_max="$2" net.hps.pool_idle=0 || return
	done
}

# grown NS: how often a buffer did
grown() { counter "$1" HpsBufferGrown; }

# stays NS... -- COMMAND...: it succeeds, and no buffer grows there meanwhile
stays() {
	local -A before
	local h
	while [ "$1" != -- ]; do
		before[$1]=$(grown "$1") || return
		shift
	done
	"${@:2}" || return
	for h in "${!before[@]}"; do
		[ "$(grown "$h")" = "${before[$h]}" ] || { echo "one of $h has grown"; return 1; }
	done
}

# buffer NS NAME: of the connection that is open
buffer() {
	in_ns "$1" hpsctl -j conn show state established |
		jq "[.conns[].$2] | max // 0"
}

# above NS NAME...: all of these buffers have grown
above() {
	local name
	for name in "${@:2}"; do [ "$(buffer "$1" "$name")" -gt "$low" ] || return; done
}

sender_grew() { above "$1" send_limit; }
# and the sender was told
receiver_grew() { above "$1" receive_buffer && above "$2" peer_buffer; }
up_grew() { sender_grew a && receiver_grew b a; }
all_grew() { up_grew && sender_grew b && receiver_grew a b; }

# while_sending DIRECTION CONDITION: it becomes true during a transfer, all of
# which arrives
while_sending() {
	local rc=0 h
	: >"$more"
	run_in a flow timeout "$(slow 60)" traffic -f "$more" -d "$1" client 10.1.1.2 5001
	wait_for "$(slow 20)" "$2" || {
		rc=1
		for h in a b; do in_ns "$h" hpsctl -j conn show; done
	}
	rm "$more"
	wait "$pid" || { cat "$t_dir/flow"; return 1; }
	return "$rc"
}

# Each segment takes 512 octets of the credit: that shall not be what bounds them.
small_writes() {
	local before
	in_ns b sysctl -qw net.hps.rmem="$high" && serve b 5003 || return
	before=$(grown a)
	ask a 10.1.1.2 5003 -d up -N -w 200 -s $((size / 4)) && moved a HpsBufferGrown "$before"
}

both_counted() {
	local a b
	a=$(grown a) b=$(grown b)
	"$@" && moved a HpsBufferGrown "$a" && moved b HpsBufferGrown "$b"
}

# set_stays up|down: what the program set does, where it sends and where it receives
set_stays() {
	stays a -- ask a 10.1.1.2 5001 -d "$1" -s $((size / 4)) -B $((32 * kib))
}

# A reader at links without delay: what TCP queues in them is no reason. The sender
# does not know how long that will be.
short_stays() {
	shape 1 $(rate 10) && shape 2 $(rate 10) || return
	in_ns a sysctl -qw net.hps.rmem=$((96 * kib)) || return
	stays a -- ask a 10.1.1.2 5001 -d down -s "$size"
}

# end_servers: the TCP listener, too, which keeps to the bounds of its time
end_servers() {
	end "${t_pids[@]}"
	t_pids=()
	! listens b
}

ns_make a b
t_ok "two long links" links 2 $(rate 10) delay 50ms
t_ok "a bundle" bundle 2
bounds "$low" "$low"
t_ok "a server" serve b 5001
t_ok "at the bound nothing grows" stays a b -- ask a 10.1.1.2 5001 -s "$size"
t_ok "the server ends" wait_for 10 end_servers
bounds "$low" "$high"
t_ok "a server with buffers that may grow" serve b 5001
t_ok "both buffers grow, and the sender is told" both_counted while_sending up up_grew
t_ok "in both directions at once, too" while_sending both all_grew
t_ok "a server of records" serve b 5002 -Q
t_ok "they grow for records" both_counted ask a 10.1.1.2 5002 -Q -s "$size" -w 16384
t_ok "the send buffer grows for small writes" small_writes
t_ok "a send buffer that was set stays" set_stays up
t_ok "and a receive buffer" set_stays down
t_ok "on short links no receive buffer grows" short_stays
t_ok "nothing in the kernel log" log_clean
t_done
