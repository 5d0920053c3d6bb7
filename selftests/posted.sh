#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 300
#
# Posted receives over two links: that every octet is in its place whichever link it
# came by, whatever the links do.
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

# filled OPTION...: all octets of a transfer both ways were filled in, none was read
filled() {
	local before h size=$((4 * mb))
	before=$(counter a HpsPostedOctets)
	ask a 10.1.1.2 "$@" -R -d both -s $size || return
	h=$(($(counter a HpsPostedOctets) - before))
	echo "a has filled in $h octets of $size"
	[ $h = $size ]
}

# impaired PORT NETEM...
impaired() {
	local i port=$1
	shift
	for i in 1 2; do shape $i "$@" || return; done
	filled $port
}

# both links carry it
both_carry() {
	local i before=() d
	for i in 1 2; do before[i]=$(carried a eth$i); done
	filled 5001 || return
	for i in 1 2; do
		d=$(($(carried a eth$i) - before[i]))
		echo "eth$i carried $d octets"
		[ $d -ge $mb ] || return
	done
}

# A link goes in the middle, with what it carries and what it has delivered out of
# order; then it comes back, and the other one goes.
links_go() {
	local i before
	for i in 1 2; do shape $i $(rate 50) delay 5ms || return; done
	run_in a flow timeout "$(slow 100)" traffic -R -d both -s $((96 * mb)) client 10.1.1.2 5001
	flow=$pid
	for i in 2 1; do
		wait_for "$(slow 20)" paths 2 || return
		before=$(counter a HpsPathDown)
		ipn a link set eth$i down && wait_for "$(slow 10)" moved a HpsPathDown $before || return
		ipn a link set eth$i up || return
	done
	wait $flow || { cat "$t_dir/flow"; return 1; }
}

no_regions() { [ "$(counter $1 HpsRegions)" = 0 ]; }

# killed HOST DIRECTION: the client, while HOST has receives posted; nothing stays
killed() {
	local before
	before=$(counter $1 HpsPostedOctets)
	run_in a flow traffic -R -d $2 -s $((1024 * mb)) client 10.1.1.2 5001
	wait_for "$(slow 10)" moved $1 HpsPostedOctets $((before + mb)) || return
	end $pid
	wait_for "$(slow 10)" no_regions $1
}

ns_make a b || t_skip "cannot make namespaces"
t_ok "two links" links 2 $FAST
t_ok "a bundle of two" bundle 2
t_ok "a server on b" serve b 5001 -R
t_ok "a server on b for records" serve b 5002 -R -Q
t_ok "two links carry what is filled in" both_carry
t_ok "records" filled 5002 -Q -w 60000
t_ok "1 % loss" impaired 5001 $FAST loss 1%
t_ok "jitter that reorders" impaired 5001 $(rate 100) delay $(slow 1)ms $(slow 900)us
t_ok "uneven links" eval "shape 1 $(rate 100) delay 50us && shape 2 $(rate 20) delay 2ms && filled 5001"
t_ok "links go and come" links_go
t_ok "who posts is killed" killed a down
t_ok "who sends is killed" killed b up
t_ok "and others go on" filled 5001
t_ok "the kernel's log is clean" log_clean
t_done
