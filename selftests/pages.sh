#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 200
#
# MSG_ZEROCOPY over several links, also such as lose, reorder and fail: buffers
# are written again as soon as they are said to be free, and no octet is wrong.
# functions run through t_ok; numbers stand unquoted
# shellcheck disable=SC2317,SC2086
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
in_zerocopy() { python3 -c 'import socket
socket.socket(18, 1).setsockopt(1, 60, 1)' 2>/dev/null; }
in_zerocopy || t_skip "the kernel has no SO_ZEROCOPY for this family"

mb=1048576
FAST="rate 100mbit delay 50us"

two_hosts() {
	ns_make a b && links 2 $FAST && bundle 2 && serve b 5001 && serve b 5002 -Q
}

# zc OPTION...: client in a, buffers of -w at most
zc() { ask a 10.1.1.2 5001 -Z -w 300000 "$@"; }

# counts NAME COMMAND...: the counter moves meanwhile
counts() {
	local before
	before=$(counter a "$1")
	"${@:2}" && moved a "$1" "$before"
}

both_carry() {
	local one two
	one=$(carried a eth1) two=$(carried a eth2)
	zc -s $((8 * mb)) || return
	one=$(($(carried a eth1) - one)) two=$(($(carried a eth2) - two))
	echo "$one and $two octets"
	[ $one -gt $mb ] && [ $two -gt $mb ]
}

impaired() {
	shape 1 rate 100mbit delay 2ms loss 1% && shape 2 rate 40mbit delay 1ms 3ms &&
		zc -s $((6 * mb))
}

# A link goes while both carry data, and returns.
link_lost() {
	local client
	shape 1 $FAST && shape 2 $FAST || return
	zc -s $((12 * mb)) & client=$!
	sleep 0.3
	ipn a link set eth2 down
	sleep 0.3
	ipn a link set eth2 up
	wait $client
}

black_hole() {
	local client
	zc -s $((12 * mb)) & client=$!
	sleep 0.3
	in_ns a tc qdisc change dev eth2 root netem limit 20000 rate 100mbit loss 100%
	sleep 1
	in_ns a tc qdisc change dev eth2 root netem limit 20000 rate 100mbit loss 0%
	wait $client
}

# patience MS: of both ends: each may give up a path
patience() {
	in_ns a sysctl -qw net.hps.dead_ms="$1" && in_ns b sysctl -qw net.hps.dead_ms="$1"
}

carries() { [ "$(carried "$1" "$2")" -gt "$3" ]; }

# The path is suspect, but not given up: what it holds was sent again elsewhere.
# From 4 s of silence on it is suspect, for 12 s more; TCP tries again in between
# whatever its timer is, and however slow the machine. The other link takes longer.
pause() {
	local client silent ready before
	shape 1 rate 10mbit || return
	before=$(carried a eth2)
	silent=$(counter a HpsPathSuspect)
	patience 4000 || return
	zc -s $((24 * mb)) & client=$!
	wait_for "$(slow 10)" carries a eth2 $((before + mb)) || return
	in_ns a tc qdisc change dev eth2 root netem limit 20000 rate 100mbit loss 100%
	wait_for "$(slow 15)" moved a HpsPathSuspect "$silent" || return
	ready=$(counter a HpsPathReady)
	in_ns a tc qdisc change dev eth2 root netem limit 20000 rate 100mbit loss 0%
	wait_for "$(slow 15)" moved a HpsPathReady "$ready" && wait $client && patience 100
}

with_crc() {
	in_ns a sysctl -qw net.hps.crc=1 net.hps.pool_size=0
	counts HpsZeroCopyCopied zc -s $mb
	local status=$?
	in_ns a sysctl -qw net.hps.crc=0 net.hps.pool_size=64
	return $status
}

threshold() {
	in_ns a sysctl -qw net.hps.zerocopy_min=1000000
	counts HpsZeroCopyCopied zc -s $mb || return
	in_ns a sysctl -qw net.hps.zerocopy_min=0
	counts HpsZeroCopyOctets zc -s $mb -w 3000
	local status=$?
	in_ns a sysctl -qw net.hps.zerocopy_min=16384
	return $status
}

t_ok "two hosts" two_hosts
t_ok "goes by reference" counts HpsZeroCopyOctets zc -s $((4 * mb))
t_ok "both links carry it" both_carry
t_ok "the threshold decides" threshold
t_ok "with CRC it is copied" with_crc
t_ok "records" ask a 10.1.1.2 5002 -Q -Z -s $((4 * mb)) -w 100000
t_ok "over links that lose and reorder" impaired
t_ok "a link goes and returns" link_lost
t_ok "a silent link" black_hole
t_ok "a link that pauses" pause
t_ok "the kernel has no complaint" log_clean
t_done
