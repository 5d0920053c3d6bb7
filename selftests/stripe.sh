#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 400
#
# One stream over several links: that all carry it, that it arrives right
# whatever they do to it, that small writes are combined, that the pool is used.
# functions run through t_ok; numbers and lists of words stand unquoted
# shellcheck disable=SC2317,SC2086,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

FAST="$(rate 100) delay 50us"
mb=$(part 1048576)

fresh() {
	local h
	for h in a b; do ns_delete $h; done
	ns_add a b
}

# even N ADDRESS DIRECTION: all N links carry at least a third of their share,
# if not of little data, on a machine so busy that joins come late, then of more
even() { shared "$@" $((8 * mb)) || shared "$@" $((32 * mb)); }

shared() {
	local n=$1 i before=() d size=$4 least
	for ((i = 1; i <= n; i++)); do before[i]=$(carried a "eth$i"); done
	ask a "$2" 5001 -d "$3" -s $size || return
	least=$((size / n / 3))
	for ((i = 1; i <= n; i++)); do
		d=$(($(carried a "eth$i") - before[i]))
		echo "eth$i carried $d octets"
		[ $d -ge $least ] || { echo "less than $least"; return 1; }
	done
}

# alone N ADDRESS: only one link carries data
alone() {
	local n=$1 i before=() d busy=0
	for ((i = 1; i <= n; i++)); do before[i]=$(carried a "eth$i"); done
	ask a "$2" 5001 -s $((4 * mb)) || return
	for ((i = 1; i <= n; i++)); do
		d=$(($(carried a "eth$i") - before[i]))
		echo "eth$i carried $d octets"
		[ $d -lt 100000 ] || busy=$((busy + 1))
	done
	[ $busy = 1 ]
}

# link_counters N: those of the links as "ip -s link show hps0" sums them
link_counters() {
	ipn a -s -j link show dev hps0 | jq -e ".[0].stats64.tx.bytes >= $(part 8000000)"
}

# impaired ADDRESS NETEM...: both directions at once
impaired() {
	local i address=$1
	shift
	for i in 1 2; do shape $i "$@" || return; done
	ask a "$address" 5001 -d both -s $((3 * mb)) &&
		ask a "$address" 5001 -d up -s "$(part 200000)" -w 300
}

uneven() {
	shape 1 $(rate 100) delay 50us && shape 2 $(rate 20) delay 2ms &&
		ask a 10.1.1.2 5001 -d both -s $((6 * mb))
}

# took COMMAND...: its milliseconds, in REPLY
took() {
	local begin
	begin=$(date +%s%N)
	"$@" || return
	REPLY=$((($(date +%s%N) - begin) / 1000000))
	echo "$REPLY ms"
}

# A path 100 times slower takes its share of the credit, not all of it: pinned
# by it the stream would take five times as long as on the fast one alone.
slow_path() {
	local alone
	shape 1 $(rate 100) delay 50us && shape 2 $(rate 10) delay 20ms &&
		ipn a link set eth2 nomaster && took ask a 10.1.1.2 5001 -s $((16 * mb)) || return
	alone=$REPLY
	ipn a link set eth2 master hps0 && took ask a 10.1.1.2 5001 -s $((16 * mb)) &&
		[ $REPLY -lt $((3 * alone)) ]
}

# without NODELAY writes are combined while something is unacknowledged
combined() {
	local before segments
	shape 1 $(rate 100) delay 5ms && shape 2 $(rate 100) delay 5ms || return
	before=$(counter a HpsSegmentSent)
	ask a 10.1.1.2 5001 -s 100000 -w 100 || return
	segments=$(($(counter a HpsSegmentSent) - before))
	echo "$segments segments for about 2000 writes"
	[ $segments -lt 600 ]
}

uncombined() {
	local before segments
	before=$(counter a HpsSegmentSent)
	ask a 10.1.1.2 5001 -N -s 20000 -w 100 -i 500 || return
	segments=$(($(counter a HpsSegmentSent) - before))
	echo "$segments segments for about 400 writes"
	[ $segments -ge 200 ]
}

unshaped() {
	local d
	shape 1 && shape 2 || return
	for d in up down both; do
		ask a 10.1.1.2 5001 -d $d -s $((3 * mb)) &&
			ask a fd01:1::2 5001 -d $d -s $((3 * mb)) || return
	done
}

pooled() {
	local before dialed
	ask a 10.1.1.2 5001 -s 1000 || return
	before=$(counter a HpsPoolHit)
	wait_for 5 moved a HpsPoolPut 0 || return
	dialed=$(counter a HpsChannelDialed)
	ask a 10.1.1.2 5001 -s 1000 -n 20 || return
	echo "hits $before -> $(counter a HpsPoolHit), dialled $dialed -> $(counter a HpsChannelDialed)"
	[ "$(counter a HpsPoolHit)" -ge $((before + 15)) ] &&
		[ "$(counter a HpsChannelDialed)" -le $((dialed + 5)) ]
}

# All that waits in the pool of a is closed.
drop_pool() {
	local idle
	idle=$(in_ns a sysctl -n net.hps.pool_idle)
	in_ns a sysctl -qw net.hps.pool_idle=0
	wait_for 10 eval '! in_ns a ss -Htn state established "dport = :18512" | grep -q .'
	in_ns a sysctl -qw net.hps.pool_idle="$idle"
}

# crc_wanted_later NS N: who wants CRCs takes no channel from before (the peer
# refuses N times), and a connection with its joins comes up all the same. The
# new channels are pooled.
crc_wanted_later() {
	local dialed joins hits refused
	drop_pool && ask a 10.1.1.2 5001 -s $((4 * mb)) -d both || return
	in_ns "$1" sysctl -qw net.hps.crc=1
	dialed=$(counter a HpsChannelDialed) joins=$(counter a HpsJoinOk)
	refused=$(counter b HpsRefuseSent)
	ask a 10.1.1.2 5001 -s $((4 * mb)) -d both || return
	echo "dialled $dialed -> $(counter a HpsChannelDialed), refused $refused -> $(counter b HpsRefuseSent)"
	[ "$(counter a HpsChannelDialed)" -ge $((dialed + 2)) ] && moved a HpsJoinOk "$joins" || return
	[ "$(counter b HpsRefuseSent)" = $((refused + $2)) ] || return
	hits=$(counter a HpsPoolHit) dialed=$(counter a HpsChannelDialed)
	ask a 10.1.1.2 5001 -s 1000 || return
	in_ns "$1" sysctl -qw net.hps.crc=0
	moved a HpsPoolHit "$hits" && [ "$(counter a HpsChannelDialed)" = "$dialed" ]
}

joined() { moved a HpsJoinOk 0 && moved b HpsJoinOk 0; }

# counted: what data has done on its way both ways
counted() {
	local h name
	[ "$(counter b HpsChannelAccepted)" -ge 2 ] && [ "$(counter a HpsChannelAccepted)" = 0 ] || return
	for h in a b; do
		for name in CallerSend SoftirqSend AckPiggybacked; do
			moved $h Hps$name 0 || { echo "$h: Hps$name has not moved"; return 1; }
		done
	done
}

# two hosts with two interfaces each on one switch
one_subnet() {
	local h i n
	fresh && ns_make switch || return
	in_ns switch ip link add br0 type bridge
	in_ns switch ip link set br0 up
	for h in a b; do
		n=''
		[ $h = a ] || n=1
		in_ns $h sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
		ipn $h link add hps0 type hps || return
		ipn $h link set hps0 up
		for i in 1 2; do
			ipn $h link add eth$i type veth peer name $h$i netns "$(ns_name switch)"
			in_ns switch ip link set $h$i master br0 up
			in_ns $h sysctl -qw net.ipv4.conf.eth$i.arp_ignore=1 \
				net.ipv4.conf.eth$i.arp_announce=2 net.ipv4.conf.eth$i.rp_filter=1
			ipn $h addr add 10.2.0.$n$i/24 dev eth$i
			ipn $h link set eth$i gso_max_segs 1 up
			# what rp_filter=1 asks of anybody with two NICs in one subnet
			ipn $h rule add from 10.2.0.$n$i lookup $i
			ipn $h route add 10.2.0.0/24 dev eth$i src 10.2.0.$n$i table $i
			in_ns $h tc qdisc add dev eth$i root netem limit 20000 $(rate 100) delay 50us
			ipn $h link set eth$i master hps0 || return
		done
	done
	wait_for 10 in_ns a ping -c 1 -W 1 10.2.0.11 &&
		wait_for 10 in_ns a ping -c 1 -W 1 -I 10.2.0.2 10.2.0.12
}

autoload() {
	rmmod hps && [ ! -d /sys/module/hps ] || return
	traffic stall 127.0.0.1 5009 >"$t_dir/autoload" 2>&1 &
	t_pids+=($!)
	wait_for 10 grep -q listening "$t_dir/autoload" && [ -d /sys/module/hps ] &&
		kill $! && wait_for 5 eval "! kill -0 $! 2>/dev/null"
}

if [ -n "$(modprobe -n --first-time net-pf-18 2>&1)" ] && ! modprobe -n net-pf-18 2>/dev/null; then
	t_skip_one "autoload by family" "the module is not installed"
else
	t_ok "autoload by family" autoload
fi

ns_make a b || t_skip "cannot make namespaces"
t_ok "two links" links 2 $FAST
t_ok "a server on b" serve b 5001
t_ok "without a bundle one link carries the data" alone 2 10.1.1.2
t_ok "a bundle of two" bundle 2
for address in 10.1.1.2 fd01:1::2; do
	for d in up down both; do
		t_ok "two links carry $d to $address" even 2 $address $d
	done
done
t_ok "the socket of IPPROTO_HPS stripes too" ask a 10.1.2.2 5001 -P inet -d both -s $((4 * mb))
t_ok "joins are counted at both ends" joined
t_ok "channels, pushes and acknowledgements in segments are counted" counted
t_ok "hps0 shows the sum" link_counters
lossy() { t_ok "1 % loss to $1" impaired $1 $FAST loss 1%; }
jittery() {
	t_ok "jitter that reorders to $1" impaired $1 $(rate 100) delay $(slow 1)ms $(slow 900)us
}
reordering() {
	t_ok "reordering by netem to $1" impaired $1 $(rate 100) delay $(slow 2)ms reorder 25% 50%
}
duplicating() { t_ok "duplication by netem to $1" impaired $1 $FAST duplicate 2%; }

if [ "${HPS_KERNEL:-}" = debug ]; then
	lossy 10.1.1.2
	jittery fd01:1::2
	reordering 10.1.1.2
	duplicating fd01:1::2
else
	for address in 10.1.1.2 fd01:1::2; do
		lossy $address
		jittery $address
		reordering $address
		duplicating $address
	done
fi
t_ok "uneven links" uneven
t_ok "a slow path does not stop the stream" slow_path
t_ok "small writes are combined" combined
t_ok "TCP_NODELAY does not wait" uncombined
t_ok "a warm connect takes a pooled channel" pooled
t_ok "the responder wants CRCs when channels are pooled" crc_wanted_later b 2
t_ok "the initiator wants CRCs when channels are pooled" crc_wanted_later a 0
t_ok "ten streams at once" ask a 10.1.1.2 5001 -d both -s $mb -j 10
t_ok "records over two links" serve b 5002 -Q
t_ok "records over two links arrive" ask a 10.1.1.2 5002 -Q -s $((4 * mb)) -w 60000
t_ok "links without a queue" unshaped
t_ok "the bundle goes while nothing is open" unbundle
t_ok "traffic goes on without it" alone 2 10.1.1.2

fresh
t_ok "four links" links 4 $FAST
t_ok "a bundle of four" bundle 4
t_ok "a server on b of four links" serve b 5001
t_ok "four links carry up" even 4 10.1.3.2 up
t_ok "four links carry both, IPv6" even 4 fd01:4::2 both

t_ok "two interfaces in one subnet, rp_filter=1" one_subnet
t_ok "a server in one subnet" serve b 5001
t_ok "both carry the stream" even 2 10.2.0.11 up
t_ok "the kernel's log is clean" log_clean
t_done
