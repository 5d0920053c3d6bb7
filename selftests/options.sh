#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 120
#
# Socket options that all paths have, those that join later too, and those that
# give a silent peer up.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

# sockets NS: the TCP connections of HPS, a line each
sockets() {
	in_ns "$1" ss -HtneiO --tos state established "( dport = :18512 or sport = :18512 )"
}

# all_have NS N TEXT...: N connections, each with each TEXT
all_have() {
	local ns=$1 n=$2 t
	shift 2
	sockets "$ns"
	[ "$(sockets "$ns" | wc -l)" = "$n" ] || return
	for t; do [ "$(sockets "$ns" | grep -cE -e "$t")" = "$n" ] || { echo "not all: $t"; return 1; }; done
}

# soon_have NS N TEXT...: within 10 seconds; shows what is there if not
soon_have() { wait_for 10 all_have "$@" || { all_have "$@"; return 1; }; }

# holding ADDRESS PORT OPTION...: a connection with a backlog, so that it joins
holding() {
	run_in a held traffic "${@:3}" -s 1048576 hold "$1" "$2"
	held=$pid
	said held held
}

# none_left NS: the connections are gone, and their channels
none_left() { wait_for 10 all_have "$1" 0; }

# stalling PORT OPTION...
stalling() {
	run_in b "stalling-$1" traffic "${@:2}" -n 20 stall :: "$1"
	said "stalling-$1" listening
}

marked4() {
	holding 10.1.1.2 5001 -o mark=7 -o tos=0x48 -o priority=5 -o congestion=reno \
		-O mark=10 -O tos=0x28 -O priority=6 -O congestion=cubic &&
		soon_have a 2 'fwmark:0x7\>' 'tos:0x48' 'class_id:(0x5|:5)\>' '\<reno\>'
}

changed() {
	kill -USR1 "$held" && said held changed &&
		soon_have a 2 'fwmark:0xa\>' 'tos:0x28' 'class_id:(0x6|:6)\>' '\<cubic\>'
}

marked6() {
	holding fd01:1::2 5001 -o mark=8 -o tclass=0x50 -o priority=3 &&
		soon_have a 2 'fwmark:0x8\>' 't(class|os):0x50' 'class_id:(0x3|:3)\>' '\<cubic\>' &&
		end "$held" && none_left a
}

accepted_marked() {
	holding 10.1.1.2 5002 &&
		soon_have b 2 'fwmark:0x9\>' 'tos:0x68' '\<reno\>' &&
		end "$held" && none_left a
}

# idle_for SECONDS: channels stay in the pool
idle_for() {
	local h
	for h in a b; do in_ns "$h" sysctl -qw net.hps.pool_idle="$1" || return; done
}

# both_kinds: two channels with options, two without
both_kinds() {
	[ "$(sockets a | grep -c 'fwmark:0x6.*\<reno\>')" = 2 ] &&
		[ "$(sockets a | grep -v fwmark | grep -v 'tos:0x[1-9a-f]' | grep -c '\<cubic\>')" = 2 ]
}

same() { ask a 10.1.1.2 5003 -s 1048576 -o mark=6 -o tos=0x28 -o priority=4 -o congestion=reno; }

# Channels of the pool go to who asks for the same only.
pooled() {
	local hits expired
	idle_for 60 && same && soon_have a 2 'fwmark:0x6\>' 'tos:0x28' '\<reno\>' || return
	holding 10.1.1.2 5001 || return
	wait_for 10 both_kinds || { sockets a; return 1; }
	end "$held" && wait_for 10 all_have a 2 'fwmark:0x6\>' || return
	hits=$(counter a HpsPoolHit) expired=$(counter a HpsPoolExpired)
	same && soon_have a 2 'fwmark:0x6\>' 'tos:0x28' '\<reno\>' &&
		moved a HpsPoolHit "$hits" && [ "$(counter a HpsPoolExpired)" = "$expired" ] &&
		idle_for 0 && none_left a && moved a HpsPoolExpired "$expired"
}

# The administrator's word for a route is stronger than the program's.
locked() {
	ipn a route replace 10.1.2.0/24 dev eth2 proto kernel scope link \
		src 10.1.2.1 congctl lock reno || return
	holding 10.1.1.2 5001 -o congestion=cubic || return
	soon_have a 2 '\<(cubic|reno)\>' || return
	sleep 1
	all_have a 2 '\<(cubic|reno)\>' && [ "$(sockets a | grep -c '\<reno\>')" = 1 ] &&
		end "$held" && none_left a &&
		ipn a route replace 10.1.2.0/24 dev eth2 proto kernel scope link src 10.1.2.1
}

# Two ways to the server, and the class says which.
routed_by_class() {
	local before
	ipn a route add 10.9.9.9 via 10.1.1.2 && ipn b addr add 10.9.9.9 dev lo &&
		ipn a route add 10.9.9.9 via 10.1.2.2 table 77 &&
		ipn a rule add tos 0x10 lookup 77 || return
	before=$(carried a eth2)
	ask a 10.9.9.9 5003 -o tos=0x10 -s 1000 &&
		[ "$(carried a eth2)" -gt $((before + 1000)) ] &&
		ipn a rule del tos 0x10 lookup 77
}

# mute, speak: nothing gets through, and nobody but HPS may notice
mute() { shape 1 loss 100% && shape 2 loss 100%; }
speak() { shape 1 && shape 2; }

# timed_out SECONDS LOG BEFORE: in time, by the option and not by TCP
timed_out() {
	wait_for "$1" grep -qE 'ETIMEDOUT|Connection timed out' "$t_dir/$2"
	local rc=$?
	speak
	cat "$t_dir/$2"
	[ "$rc" = 0 ] && moved a HpsConnTimedOut "$3"
}

# gives_up SECONDS MODE OPTION...
gives_up() {
	local limit=$1 mode=$2 before
	shift 2
	before=$(counter a HpsConnTimedOut)
	run_in a given traffic "$@" "$mode" 10.1.1.2 5001
	said given 'reading\|pushing' || return
	sleep 0.3
	mute
	timed_out "$limit" given "$before"
}

connect_gives_up() {
	local before
	before=$(counter a HpsConnTimedOut)
	mute
	run_in a given traffic -o user_timeout=1500 hold 10.1.1.2 5001
	timed_out "$1" given "$before" && none_left a
}

ns_make a b
t_ok "two links" links 2
t_ok "a bundle" bundle 2
for h in a b; do
	# the readers do not read: what was closed ends by this
	in_ns $h sysctl -qw net.hps.probe_time=100 net.hps.pool_idle=0 net.hps.fin_timeout=1
done
t_ok "a server" stalling 5001
t_ok "a server with options" stalling 5002 -o mark=9 -o tos=0x68 -o congestion=reno
t_ok "a server that reads" serve b 5003
t_ok "both paths have TOS, mark, priority, congestion control" marked4
t_ok "and others when these are changed" changed
end "$held"
t_ok "they end with it" none_left a
t_ok "paths of an accepted connection have the listener's" accepted_marked
t_ok "both paths have the traffic class" marked6
t_ok "channels are pooled with their options" pooled
t_ok "a route's locked congestion control stays" locked
t_ok "the first path is routed by its class" routed_by_class
t_ok "keepalive gives a silent peer up" gives_up "$(slow 8)" read \
	-o keepalive=1 -o keepidle=1 -o keepintvl=1 -o keepcnt=2
t_ok "user timeout replaces the count" gives_up "$(slow 6)" read \
	-o keepalive=1 -o keepidle=1 -o keepintvl=1 -o keepcnt=100 -o user_timeout=3000
t_ok "user timeout gives a silent peer up" gives_up "$(slow 6)" push \
	-o user_timeout=1500
t_ok "user timeout ends connect()" connect_gives_up "$(slow 6)"
t_ok "nothing in the kernel log" log_clean
t_done
