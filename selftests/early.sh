#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full short long
# timeout: 300
#
# Placement out of TCP's out-of-order queue: that it happens when segments are lost or
# overtaken, that every octet is right, and that no octet is copied twice.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
# functions run through t_ok; numbers and lists of words stand unquoted
# shellcheck disable=SC2317,SC2086,SC2015,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

FAST="$(rate 100) delay 50us"
LOSSY="$FAST loss 3%"
mb=$(part 1048576)
v4=10.1.1.2 v6=fd01:1::2

# client ADDRESS [OPTION...]: in a, until the server has found every octet right
client() { in_ns a timeout "$(slow 60)" remote "${@:2}" client $1 6001; }

# note HOST: where its counters are; told HOST: how far they have moved
note() {
	octets=$(counter $1 HpsEarlyOctets) skipped=$(counter $1 HpsEarlySkipped)
	failed=$(counter $1 HpsEarlyWalkFailed)
}
told() {
	octets=$(($(counter $1 HpsEarlyOctets) - octets))
	skipped=$(($(counter $1 HpsEarlySkipped) - skipped))
	failed=$(($(counter $1 HpsEarlyWalkFailed) - failed))
	echo "placed early $octets, skipped $skipped, failed walks $failed"
}

# once HOST ADDRESS [OPTION...]: on one link all that was placed early comes in order
# once, and is skipped then
once() {
	note $1
	client "${@:2}" && told $1 && [ $skipped = $octets ]
}

# early HOST ADDRESS [OPTION...]: some of it is placed early at HOST, sooner or later,
# for what is lost is up to chance
early() {
	local i
	for ((i = 0; i < 8; i++)); do
		once "$@" || return
		[ $octets = 0 ] || return 0
	done
	return 1
}

# What comes by two links is skipped at most once.
early_striped() {
	local i
	for ((i = 0; i < 8; i++)); do
		note b
		client "$@" && told b && [ $skipped -le $octets ] || return
		[ $skipped = 0 ] || return 0
	done
	return 1
}

# Where each packet has a head, one that is lost hides what is behind it.
failed_walks() {
	local i
	for ((i = 0; i < 8; i++)); do
		once b $v4 -k w -w 3000 -s $mb || return
		[ $failed = 0 ] || return 0
	done
	return 1
}

# never COMMAND...: nothing is placed early at either end
never() {
	local h
	local -A before
	for h in a b; do before[$h]=$(counter $h HpsEarlyOctets); done
	"$@" || return
	for h in a b; do [ "$(counter $h HpsEarlyOctets)" = ${before[$h]} ] || return; done
}

# held: segments that TCP of either end has put into its out-of-order queue
held() { tcp_counted "a b" TcpExtTCPOFOQueue; }

# Processors that take turns let segments overtake each other on any link, now and then.
in_order() {
	local i before
	shape 1 $FAST || return
	for ((i = 0; i < 8; i++)); do
		before=$(held)
		never client $v4 -k wr -s $mb && return
		[ $(held) -gt $before ] || return
	done
	return 1
}
stream() { ask a $v4 5001 -d both -s $mb; }

crc() { for h in a b; do in_ns $h sysctl -qw net.hps.crc=$1 || return; done; }

# Frames that fit into a segment or two are complete, and placed; of longer ones hardly
# any is, but the octets must be right.
with_crc() {
	crc 1 && early b $v4 -k w -w 6000 -s $mb && once b $v6 -k wr -w 200000 -s $((2 * mb))
}

without_sack() {
	in_ns a sysctl -qw net.ipv4.tcp_sack=0 && drop_pool || return
	early b $v4 -k w -s $((2 * mb))
	local rc=$?
	in_ns a sysctl -qw net.ipv4.tcp_sack=1
	return $rc
}

# All that waits in the pool of a is closed.
drop_pool() {
	local idle
	idle=$(in_ns a sysctl -n net.hps.pool_idle)
	in_ns a sysctl -qw net.hps.pool_idle=0
	wait_for 10 eval '! in_ns a ss -Htn state established "dport = :18512" | grep -q .'
	in_ns a sysctl -qw net.hps.pool_idle="$idle"
}

reordered() { shape 1 $(rate 100) delay $(slow 2)ms reorder 25% 50% && early b $v4 -k w -s $((3 * mb)); }
# Without a rate: behind one, netem lets jitter overtake only where its queue is empty.
jittery() { shape 1 delay $(slow 1)ms $(slow 900)us && early b $v6 -k w -s $((3 * mb)); }

# gone client|server: while octets lie in TCP's queue that were placed; the other one is
# told of it
gone() {
	local i client server
	shape 1 $LOSSY && : >"$t_dir/going" || return
	for ((i = 0; i < 3; i++)); do
		note b
		serve_memory 6002 && server=$pid || return
		run_in a client remote -f "$t_dir/going" -k w client $v4 6002
		client=$pid
		wait_for "$(slow 20)" moved b HpsEarlyOctets $octets || return
		end ${!1}
		wait_for "$(slow 30)" no_paths || return
		end $client $server
	done
	client $v4 -s $mb
}

no_paths() { [ "$(in_ns a hpsctl -j conn show | jq '.conns | length')" = 0 ]; }

serve_memory() {
	run_in b server-$1 remote -r 400000 server :: $1 && said server-$1 listening
}

two_links() {
	link 2 $LOSSY && bundle 2 || return
	early_striped $v4 -s $((4 * mb))
}
duplicated() {
	local h
	for h in a b; do in_ns $h hpsctl bundle set hps0 policy duplicate || return; done
	early_striped $v6 -k w -s $((4 * mb))
}

# What is TCP's own, and may differ.
case ${HPS_KERNEL:-} in
6.1 | new) HPS_TRY=${HPS_TRY:-in order|placed early|at heads|with CRC|SACK|reordering|log is clean} ;;
esac

ns_make a b || t_skip "cannot make namespaces"
t_ok "a link" link 1 $FAST
t_ok "a server of memory on b" serve_memory 6001
t_ok "a server on b" serve b 5001
t_try "nothing is early in order" in_order
t_ok "loss" shape 1 $LOSSY
t_try "writes under loss are placed early" early b $v4 -k w -s $((4 * mb))
t_try "the same, IPv6, all kinds at once" early b $v6 -s $((4 * mb))
t_try "answers under loss are placed early" early a $v4 -k r -s $((4 * mb))
t_try "walks fail at heads that are lost" failed_walks
t_try "data of a reader is not" never stream
t_try "with CRC only frames that are complete" with_crc
t_ok "no CRC again" crc 0
t_try "without SACK" without_sack
t_try "reordering" reordered
t_try "jitter" jittery
t_try "a client that is killed" gone client
t_try "memory that goes" gone server
t_try "two links" two_links
t_try "copies over two links" duplicated
t_try "the kernel's log is clean" log_clean
t_done
