#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
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
	: >"$t_dir/held"
	ns_background a traffic "${@:3}" -s 1048576 hold "$1" "$2" >"$t_dir/held" 2>&1
	wait_for 10 grep -q held "$t_dir/held" || { cat "$t_dir/held"; return 1; }
}

# stalling PORT OPTION...
stalling() {
	: >"$t_dir/stalling-$1"
	ns_background b traffic "${@:2}" -n 5 stall :: "$1" >"$t_dir/stalling-$1" 2>&1
	wait_for 10 grep -q listening "$t_dir/stalling-$1"
}

end() { kill "${t_pids[-1]}"; wait "${t_pids[-1]}" 2>/dev/null; }

marked4() {
	holding 10.1.1.2 5001 -o mark=7 -o tos=0x48 -o priority=5 -o congestion=reno &&
		soon_have a 2 'fwmark:0x7\>' 'tos:0x48' 'class_id:(0x5|:5)\>' '\<reno\>'
}

marked6() {
	holding fd01:1::2 5001 -o mark=8 -o tclass=0x50 -o priority=3 &&
		soon_have a 2 'fwmark:0x8\>' 't(class|os):0x50' 'class_id:(0x3|:3)\>' '\<cubic\>'
}

# a connection without options must not get their channels
plain_is_plain() {
	end
	soon_have a 0 || return
	holding 10.1.1.2 5001 && soon_have a 2 'tos:0\>|tos:0x0' '\<cubic\>' || return
	! sockets a | grep -q fwmark
}

accepted_marked() {
	end
	holding 10.1.1.2 5002 &&
		soon_have b 2 'fwmark:0x9\>' 'tos:0x68' '\<reno\>'
}

# mute, speak: nothing gets through, and nobody but HPS may notice
mute() { shape 1 loss 100% && shape 2 loss 100%; }
speak() { shape 1 && shape 2; }

# gives_up SECONDS MODE OPTION...: in time, by the option and not by TCP
gives_up() {
	local limit=$1 mode=$2 log=$t_dir/given before
	shift 2
	before=$(counter a HpsConnTimedOut)
	: >"$log"
	ns_background a traffic "$@" "$mode" 10.1.1.2 5001 >"$log" 2>&1
	wait_for 10 grep -qE 'reading|pushing' "$log" || { cat "$log"; return 1; }
	sleep 0.3
	mute
	wait_for "$limit" grep -q ETIMEDOUT "$log"
	local rc=$?
	speak
	cat "$log"
	[ $rc = 0 ] && moved a HpsConnTimedOut "$before"
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
t_ok "both paths have TOS, mark, priority, congestion control" marked4
t_ok "a connection with none has none" plain_is_plain
t_ok "paths of an accepted connection have the listener's" accepted_marked
end
t_ok "both paths have the traffic class" marked6
end
t_ok "keepalive gives a silent peer up" gives_up "$(slow 8)" read \
	-o keepalive=1 -o keepidle=1 -o keepintvl=1 -o keepcnt=2
t_ok "user timeout replaces the count" gives_up "$(slow 6)" read \
	-o keepalive=1 -o keepidle=1 -o keepintvl=1 -o keepcnt=100 -o user_timeout=3000
t_ok "user timeout gives a silent peer up" gives_up "$(slow 6)" push \
	-o user_timeout=1500
t_ok "nothing in the kernel log" log_clean
t_done
