#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 200
#
# MSG_ZEROCOPY over several links, also such as lose, reorder and fail: buffers
# are written again as soon as they are said to be free, and no octet is wrong.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
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

# esp WORD...: link 1's addresses speak IPsec, or no more
esp() {
	local h from to
	for h in a b; do
		for from in 1 2; do
			to=$((3 - from))
			ipn $h xfrm state "$1" src 10.1.1.$from dst 10.1.1.$to proto esp spi $from "${@:2}" || return
		done
	done
}
through_esp() {
	local h ours theirs do=$1
	for h in a b; do
		ours=10.1.1.1 theirs=10.1.1.2
		[ $h = a ] || ours=10.1.1.2 theirs=10.1.1.1
		ipn $h xfrm policy "$do" src $ours dst $theirs dir out "${@:2}" &&
			ipn $h xfrm policy "$do" src $theirs dst $ours dir in "${@:2}" || return
	done
}

# no_channels: those in the pool go, as they know the interface as it was
no_channels() {
	in_ns a sysctl -qw net.hps.pool_idle=0
	wait_for 10 eval '! in_ns a ss -Htn state established "dport = :18512" | grep -q .'
}

# TCP asks an interface to gather, or does so for it before it is given a packet; not
# where IPsec stands between. Then it copies, and that is counted.
cannot_gather() {
	local status
	no_channels && in_ns a ethtool -K eth1 sg off >/dev/null &&
		esp add mode transport enc 'ecb(cipher_null)' '' auth 'hmac(sha1)' 0x11223344556677881122334455667788 &&
		through_esp add tmpl proto esp mode transport || return
	counts HpsZeroCopyFallback zc -s $mb
	status=$?
	no_channels && through_esp delete && esp delete && in_ns a ethtool -K eth1 sg on >/dev/null &&
		in_ns a sysctl -qw net.hps.pool_idle=60 && [ $status = 0 ]
}

t_ok "two hosts" two_hosts
t_try "goes by reference" counts HpsZeroCopyOctets zc -s $((4 * mb))
t_try "both links carry it" both_carry
t_try "the threshold decides" threshold
t_try "with CRC it is copied" with_crc
# the debug kernel has no IPsec
[ "${HPS_KERNEL:-}" = debug ] || t_try "through IPsec and an interface that cannot gather" cannot_gather
t_try "records" ask a 10.1.1.2 5002 -Q -Z -s $((4 * mb)) -w 100000
t_try "over links that lose and reorder" impaired
t_try "a link goes and returns" link_lost
t_try "a silent link" black_hole
t_try "a link that pauses" pause
t_ok "the kernel has no complaint" log_clean
t_done
