#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 600
#
# Policies single, stripe, duplicate and auto, per bundle, socket and message;
# the cut-off; roles and weights of links; sixteen links.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
# functions run through t_ok; numbers and lists of words stand unquoted
# shellcheck disable=SC2317,SC2086
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"
# shellcheck source=selftests/echo.sh
. "$here/echo.sh"

need_module

FAST="$(rate 100) delay 50us"
mb=$(part 1048576)

role() { in_ns a hpsctl link set "$@" && in_ns b hpsctl link set "$@"; }

# rtnetlink COMMAND...: in both
rtnetlink() {
	in_ns a python3 "$here/netlink.py" "$@" && in_ns b python3 "$here/netlink.py" "$@"
}

# loads COMMAND...: runs it; sets load[I] to the octets that link I has carried
loads() {
	local i before=()
	for ((i = 1; i <= n; i++)); do before[i]=$(carried a "eth$i"); done
	"$@" || return
	for ((i = 1; i <= n; i++)); do
		load[i]=$(($(carried a "eth$i") - before[i]))
		echo "eth$i carried ${load[i]} octets"
	done
}

# traffic_at OCTETS: waits until link 1 has carried so much more
traffic_at() {
	wait_for "$(slow 20)" eval "[ \$(carried a eth1) -gt $(($(carried a eth1) + $1)) ]"
}

# one_of_two OCTETS: one link has carried that, the other next to nothing
one_of_two() {
	local low=$((load[1] < load[2] ? load[1] : load[2]))
	[ $((load[1] + load[2])) -ge "$1" ] && [ $low -lt 60000 ]
}

# mostly_one: all goes one way over one link and comes back over both
mostly_one() {
	local low=$((load[1] < load[2] ? load[1] : load[2]))
	[ $((load[1] + load[2])) -ge $((3 * low)) ]
}

# little LINK: it has carried next to nothing; more where a machine is so busy that the
# other one fell silent for a moment
little() { [ $((4 * load[$1])) -lt $((load[1] + load[2])) ]; }

# both OCTETS: each link has carried as much
both() { [ "${load[1]}" -ge "$1" ] && [ "${load[2]}" -ge "$1" ]; }

single() {
	set_policy policy single && loads ask a 10.1.1.2 5001 -s $((4 * mb)) &&
		one_of_two $((4 * mb))
}

stripe() {
	set_policy policy "$1" && loads ask a 10.1.1.2 5001 -s $((8 * mb)) &&
		both $((2 * mb))
}

# the second link carries once the policy is another, on the same connection
changed() {
	local i pid before
	set_policy policy single || return
	before=$(carried a eth2)
	ns_background a traffic -s $((24 * mb)) client 10.1.1.2 5001
	pid=$!
	traffic_at $((2 * mb))
	i=$(($(carried a eth2) - before))
	echo "single: eth2 carried $i octets"
	[ $i -lt 60000 ] && set_policy policy stripe || return
	wait $pid || return
	i=$(($(carried a eth2) - before))
	echo "then stripe: $i octets"
	[ $i -gt $((4 * mb)) ]
}

per_socket() {
	set_policy policy single &&
		loads talk policy=stripe cutoff=0 size=$mb count=4 && both $mb &&
		set_policy policy stripe &&
		loads talk policy=single size=$mb count=4 && mostly_one
}

per_message() {
	set_policy policy single &&
		loads talk message=stripe size=$mb count=6 && both $mb || return
	set_policy policy stripe
	loads talk message=single size=$mb count=6 && mostly_one
}

# copied NAME=duplicate: of a message or a socket; b answers over one link
copied() {
	local ours theirs
	set_policy policy single || return
	ours=$(counter a HpsSegmentCopied) theirs=$(counter b HpsSegmentCopied)
	talk size=1000 count=100 "$1" || return
	ours=$(($(counter a HpsSegmentCopied) - ours))
	theirs=$(($(counter b HpsSegmentCopied) - theirs))
	echo "$ours copies of 100 messages, $theirs of their echoes"
	[ $ours -ge 80 ] && [ $ours -le 101 ] && [ $theirs = 0 ]
}

# segments NAME=VALUE...: that a sends for 60 messages of 12000 octets
segments() {
	local before
	before=$(counter a HpsSegmentSent)
	talk size=12000 count=60 "$@" >/dev/null || return
	echo $(($(counter a HpsSegmentSent) - before))
}

# in_one_piece NAME=VALUE..., in_two: below the cut-off they go whole over one link,
# from it on in two parts
in_one_piece() {
	local n
	n=$(segments "$@") || return
	echo "$n segments for 60 messages, $*"
	[ $n -lt 80 ]
}
in_two() {
	local n
	n=$(segments "$@") || return
	echo "$n segments for 60 messages, $*"
	[ $n -gt 90 ]
}

# cutoff TYPE: of the bundle
cutoff() {
	set_policy policy stripe cutoff 16k && in_one_piece type=$1 &&
		set_policy cutoff 8k && in_two type=$1 && set_policy cutoff auto
}

# cutoff_of_namespace: where the bundle has none
cutoff_of_namespace() {
	local h
	for h in a b; do in_ns $h sysctl -qw net.hps.cutoff=16384; done
	in_one_piece type=stream && in_one_piece type=record || return
	for h in a b; do in_ns $h sysctl -qw net.hps.cutoff=8192; done
	in_two type=stream && in_two type=record || return
	for h in a b; do in_ns $h sysctl -qw net.hps.cutoff=0; done
}

cutoff_of_socket() { in_one_piece type=$1 cutoff=65536 && in_two type=$1 cutoff=8192; }

backup_waits() {
	set_policy policy auto cutoff auto && role eth2 role backup &&
		loads ask a 10.1.1.2 5001 -s $((4 * mb)) && [ "${load[2]}" -lt 60000 ]
}

# steps_in ROLE: eth2 has it, and carries when it is alone
steps_in() {
	local pid before
	role eth2 role $1
	before=$(carried a eth2)
	ns_background a traffic -s $((24 * mb)) client 10.1.1.2 5001
	pid=$!
	traffic_at $((4 * mb))
	[ $(($(carried a eth2) - before)) -lt 60000 ] || return
	ipn a link set eth1 down
	wait $pid || return
	echo "eth2 carried $(($(carried a eth2) - before)) octets"
	[ $(($(carried a eth2) - before)) -gt $((8 * mb)) ]
	local err=$?
	ipn a link set eth1 up
	role eth2 role active
	return $err
}

# copies, and nothing else while eth1 is there
role_duplicate() {
	role eth2 role duplicate && set_policy policy stripe &&
		loads ask a 10.1.1.2 5001 -s $((4 * mb)) && little 2 || return
	set_policy policy duplicate && loads talk size=1000 count=100 && both 180000 &&
		set_policy policy auto
}

# by_rtnetlink: a policy and a role, as "ip link set" gives them
by_rtnetlink() {
	local err
	rtnetlink changelink hps0 2=u8:1 && loads ask a 10.1.1.2 5001 -s $((4 * mb)) &&
		one_of_two $((4 * mb)) || return
	rtnetlink changelink hps0 2=u8:0 && rtnetlink changeslave eth1 3=u8:1 &&
		loads ask a 10.1.2.2 5001 -s $((4 * mb)) && little 1
	err=$?
	rtnetlink changeslave eth1 3=u8:0 && [ $err = 0 ] &&
		loads ask a 10.1.2.2 5001 -s $((4 * mb)) && both $mb
}

# the one by hpsctl, the other by rtnetlink
weights() {
	local octets=$((16 << 20))
	[ "${HPS_KERNEL:-}" != debug ] || octets=$((6 << 20))
	role eth1 weight 3 && rtnetlink changeslave eth2 4=u16:1 &&
		loads ask a 10.1.1.2 5001 -s $octets || return
	role eth1 weight auto && role eth2 weight auto || return
	echo "ratio $((100 * load[1] / load[2])) %, should be 300"
	[ $((100 * load[1] / load[2])) -gt 250 ] && [ $((100 * load[1] / load[2])) -lt 350 ]
}

# given: octets that a's channels have given to TCP so far, with their heads, with our
# acknowledgements and what TCP had to send again. Those of packets come on top of it,
# as for any TCP: 66 to 1448, and 66 for the acknowledgement of two.
given() {
	in_ns a ss -HtinO state established "dport = :18512" | grep -o 'bytes_sent:[0-9]*' |
		awk -F: '{ s += $2 } END { print s + 0 }'
}

# gives NAME=VALUE...: $REPLY is what was given for messages, in % of their payload
gives() {
	local before size count arg
	for arg; do
		case $arg in size=*) size=${arg#*=} ;; count=*) count=${arg#*=} ;; esac
	done
	before=$(given)
	loads talk "$@" || return
	REPLY=$((100 * ($(given) - before) / (size * count)))
	echo "given $REPLY % of the payload"
}

# each link carries each message, and k copies take no more than k times the payload
# and 2 %
duplicated() {
	local copies count twice
	count=$(part 400)
	set_policy policy duplicate || return
	# so that there are channels in the pool, which know their links
	talk size=1000 count=50 || return
	copies=$(counter a HpsSegmentCopied) twice=$(counter b HpsDuplicateOctets)
	gives size=12000 count=$count && both $((2 * count * 12000 * 95 / 100)) || return
	copies=$(($(counter a HpsSegmentCopied) - copies))
	twice=$(($(counter b HpsDuplicateOctets) - twice))
	echo "$copies segments copied, $twice octets came twice"
	[ $copies -ge $((count * 95 / 100)) ] && [ $twice -ge $((count * 12000 * 95 / 100)) ] &&
		[ $REPLY -ge 190 ] && [ $REPLY -le 204 ] &&
		# packets and their acknowledgements, both ways
		[ $((load[1] + load[2])) -le $((2 * 2 * count * 12000 * 1547 * 102 / 144800)) ]
}

# The second link begins at the other end, and what one has brought the other need not.
met() {
	local withdrawn
	set_policy policy duplicate || return
	withdrawn=$(counter a HpsWithdrawnOctets)
	gives size=$mb count=8 && both $((mb * 8 / 2)) || return
	withdrawn=$(($(counter a HpsWithdrawnOctets) - withdrawn))
	echo "$withdrawn octets withdrawn"
	[ $REPLY -le 170 ] && [ $withdrawn -ge $((mb * 8 * 25 / 100)) ]
}

duplicate_checked() {
	local d
	for d in up down both; do
		loads ask a 10.1.1.2 5001 -d $d -s $((8 * mb)) || return
	done
}

# a lossy link is not felt
lossy() {
	local clean bad
	shape 2 $FAST
	clean=$(talk size=1024 count=300 interval=3 | sed 's/.*p99 \([0-9]*\).*/\1/')
	shape 2 $FAST loss 5%
	bad=$(talk size=1024 count=300 interval=3 | sed 's/.*p99 \([0-9]*\).*/\1/')
	shape 2 $FAST
	echo "p99 $clean us on clean links, $bad us with one that loses 5 %"
	[ "${HPS_VIRTUAL_TIME:-0}" = 1 ] || return 0
	[ $((bad * 10)) -le $((clean * 11 + 200)) ]
}

lost() {
	local pid
	ns_background a python3 "$here/policy.py" client 10.1.1.2 6001 size=100000 "count=$(part 150)" interval=5
	pid=$!
	sleep 0.3
	ipn a link set eth2 down
	wait $pid
	local err=$?
	ipn a link set eth2 up
	return $err
}

sixteen() {
	local i
	for i in a b; do ns_delete $i; done
	t_namespaces=()
	n=16
	# so slow that the links limit, not the host, however busy it is
	ns_make a b && links 16 $(rate 2) delay 50us && bundle 16 && serve b 5001 &&
		loads ask a 10.1.1.2 5001 -s $((4 * mb)) || return
	for ((i = 1; i <= 16; i++)); do
		[ "${load[i]}" -gt $((mb / 12)) ] || return
	done
}

n=2 load=()
ns_make a b && links 2 $FAST && bundle 2 && serve b 5001 && echo_server || t_skip "no hosts"
t_try "options out of range are refused" in_ns a python3 "$here/policy.py" refused
t_try "single" single
t_try "stripe" stripe stripe
t_try "auto" stripe auto
t_try "the policy changes under traffic" changed
t_try "policy and cut-off of a socket" per_socket
t_try "policy of a message" per_message
t_try "policy duplicate of a message" copied message=duplicate
t_try "policy duplicate of a socket" copied policy=duplicate
for type in record stream; do
	t_try "cut-off, $type" cutoff $type
	t_try "cut-off of a socket, $type" cutoff_of_socket $type
done
t_try "cut-off of the namespace" cutoff_of_namespace
t_try "a backup link waits" backup_waits
t_try "a backup link steps in" steps_in backup
t_try "a link for duplicates carries them only" role_duplicate
t_try "a link for duplicates steps in" steps_in duplicate
t_try "a policy and a role by rtnetlink" by_rtnetlink
t_try "weights" weights
t_try "duplicate: copies, and no more" duplicated
t_try "duplicate: links begin at opposite ends" met
t_try "duplicate: checked transfers" duplicate_checked
t_try "duplicate: a lossy link" lossy
t_try "duplicate: a lost link" lost
t_try "sixteen links" sixteen
t_ok "the kernel has not complained" log_clean
t_done
