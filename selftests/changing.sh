#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 400
#
# Policy, copies, cut-off, roles and weights are changed while checked traffic runs over
# three links: what is sent from then on follows, and no octet is wrong or missing.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
# functions run through t_ok; numbers and lists of words stand unquoted; awk has $
# as well; || after && is for any of them
# shellcheck disable=SC2317,SC2086,SC2016,SC2015
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

FAST="$(rate 100) delay 50us"
mb=$(part 1048576)
going=$t_dir/going client=''

set_a() { in_ns a hpsctl bundle set hps0 "$@"; }
role() { in_ns a hpsctl link set "$@"; }

# flow OPTION...: from a to b, until finish
flow() {
	# a test that failed has not ended its own
	[ ! -e "$going" ] || finish
	: >"$going"
	ns_background a traffic -f "$going" "$@" client 10.1.1.2 5001 >"$t_dir/client" 2>&1
	client=$!
}

# small, large, full: writes of up to 1400 or 12000 octets, one each ms or two; all that
# the links carry
small() { flow -N -w 1400 -i 1000 "$@"; }
large() { flow -N -w 12000 -i 2000 "$@"; }
full() { flow -w 200000 "$@"; }

# finish: it ends, and well
finish() {
	rm -f "$going"
	wait $client || { echo "the transfer failed: $(cat "$t_dir/client")"; return 1; }
}

# soon COMMAND...: it is so within a few of the stretches that COMMAND looks at
soon() {
	local i
	for ((i = 0; i < 20; i++)); do
		"$@" >"$t_dir/soon" && return
		kill -0 $client 2>/dev/null || { echo "the transfer ended"; break; }
	done
	cat "$t_dir/soon" "$t_dir/client"
	echo "not seen: $*"
	return 1
}

sent_and_copied() {
	in_ns a awk '/^HpsSegmentSent/ { s = $2 } /^HpsSegmentCopied/ { c = $2 } END { print s, c }' \
		/proc/net/hps_stat
}

# copied K: what a sends goes K times. Over the next segments
copied() {
	local sent copies before
	read -ra before < <(sent_and_copied)
	wait_for "$(slow 20)" moved a HpsSegmentSent $((before[0] + 150)) || return
	read -r sent copies < <(sent_and_copied)
	sent=$((sent - before[0])) copies=$((copies - before[1]))
	echo "$copies of $sent segments are copies"
	[ $1 = 1 ] && { [ $copies = 0 ]; return; }
	[ $((100 * sent)) -ge $(((100 * $1 - 8) * (sent - copies))) ] &&
		[ $((100 * sent)) -le $(((100 * $1 + 8) * (sent - copies))) ]
}

# octets and segments that HPS has sent
sums() { ipn a -s -j link show dev hps0 | jq -r '.[0].stats64.tx | "\(.bytes) \(.packets)"'; }

# mean FROM TO: octets of a segment, over the next of them
mean() {
	local before octets segments
	read -ra before < <(sums)
	wait_for "$(slow 20)" moved a HpsSegmentSent $(($(counter a HpsSegmentSent) + 150)) || return
	read -r octets segments < <(sums)
	octets=$(((octets - before[0]) / (segments - before[1])))
	echo "segments of $octets octets"
	[ $octets -ge $1 ] && [ $octets -le $2 ]
}

has_sent() { [ $(($(sent_by 1) + $(sent_by 2) + $(sent_by 3))) -ge $1 ]; }
sent_by() { in_ns a cat /sys/class/net/eth$1/statistics/tx_bytes; }

# shares: that the links have of the next octets, in % in share[]
shares() {
	local i before=() sum octets=$((2 * mb))
	for i in 1 2 3; do before[i]=$(sent_by $i); done
	wait_for "$(slow 20)" has_sent $((before[1] + before[2] + before[3] + octets)) || return
	for i in 1 2 3; do share[i]=$(($(sent_by $i) - before[i])); done
	sum=$((share[1] + share[2] + share[3]))
	for i in 1 2 3; do share[i]=$((100 * share[i] / sum)); done
	echo "shares of the links: ${share[*]} %"
}

# all_carry, one_carries; none_of LINK; by_weights: 3, 1 and 1
all_carry() { shares && [ ${share[1]} -ge 20 ] && [ ${share[2]} -ge 20 ] && [ ${share[3]} -ge 20 ]; }
one_carries() {
	shares && { [ ${share[1]} -ge 97 ] || [ ${share[2]} -ge 97 ] || [ ${share[3]} -ge 97 ]; }
}
none_of() { shares && [ ${share[$1]} -le 1 ]; }
by_weights() {
	shares && [ ${share[1]} -ge 52 ] && [ ${share[1]} -le 68 ] &&
		[ ${share[2]} -ge 14 ] && [ ${share[3]} -ge 14 ]
}

# to duplicate and back, with two copies and with three
duplicated() {
	set_a policy single copies 2 && small && soon copied 1 || return
	set_a policy duplicate && soon copied 2 && set_a copies 3 && soon copied 3 &&
		set_a copies 2 && soon copied 2 && set_a policy stripe && soon copied 1 && finish
}

# the same where much waits to be sent
duplicated_full() {
	local copies withdrawn
	set_a policy stripe && full && soon all_carry || return
	copies=$(counter a HpsSegmentCopied) withdrawn=$(counter a HpsWithdrawnOctets)
	set_a policy duplicate copies 3 && wait_for "$(slow 10)" moved a HpsSegmentCopied $((copies + 50)) &&
		wait_for "$(slow 10)" moved a HpsWithdrawnOctets "$withdrawn" &&
		set_a policy stripe && soon no_copies && soon all_carry && finish
}

no_copies() {
	local before
	before=$(counter a HpsSegmentCopied)
	shares && [ "$(counter a HpsSegmentCopied)" = "$before" ]
}

striped() {
	set_a policy stripe && full && soon all_carry && set_a policy single && soon one_carries &&
		set_a policy stripe && soon all_carry && finish
}

# writes of 6000 octets in the mean: whole below the cut-off, in two or three above
cut_off() {
	set_a policy stripe cutoff 64k && large && soon mean 5000 8000 && set_a cutoff 1k &&
		soon mean 1000 4000 && set_a cutoff 64k && soon mean 5000 8000 && finish &&
		set_a cutoff auto
}

roles() {
	set_a policy stripe && full && soon all_carry || return
	role eth2 role backup && soon none_of 2 && role eth2 role duplicate && soon none_of 2 &&
		role eth2 role active && soon all_carry && finish
}

weights() {
	set_a policy stripe && full && soon all_carry || return
	role eth1 weight 3 && role eth2 weight 1 && role eth3 weight 1 && soon by_weights || return
	role eth1 weight auto && role eth2 weight auto && role eth3 weight auto &&
		soon all_carry && finish
}

# told: the client has changed its options, with data under way
told() { kill -USR1 $client && said client changed; }

# HPS_POLICY: 2 is stripe, 3 is duplicate
socket_policy() {
	set_a policy single copies 2 && small -O policy=3 && soon copied 1 && told && soon copied 2 && finish &&
		small -o policy=3 -O policy=2 && soon copied 2 && told && soon copied 1 && finish
}

socket_policy_full() {
	set_a policy single && full -O policy=2 && soon one_carries && told && soon all_carry && finish
}

socket_cutoff() {
	set_a policy stripe cutoff 64k && large -O cutoff=1000 && soon mean 5000 8000 && told &&
		soon mean 1000 4000 && finish
}

share=()
ns_make a b && links 3 $FAST && bundle 3 && serve b 5001 || t_skip "no hosts"
t_try "to duplicate and back, two and three copies" duplicated
t_try "to duplicate and back, of a full stream" duplicated_full
t_try "from stripe to single and back" striped
t_try "the cut-off" cut_off
t_try "roles" roles
t_try "weights" weights
t_try "a socket's policy" socket_policy
t_try "a socket's policy, of a full stream" socket_policy_full
t_try "a socket's cut-off" socket_cutoff
t_ok "the kernel has not complained" log_clean
t_done
