#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full short long
# timeout: 90
#
# Admission rules: who may open connections to which HPS port.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

# acl [-j] COMMAND...
acl() { if [ "$1" = -j ]; then in_ns b hpsctl -j acl "${@:2}"; else in_ns b hpsctl acl "$@"; fi; }

reach() { ask a "$1" "$2" -s 1000; }
refused() { ! reach "$@" >"$t_dir/refused" 2>&1 && grep -q 'Connection refused' "$t_dir/refused"; }

# hits ORDER
hits() { acl -j show | jq ".acl[] | select(.order == $1) | .hits"; }

deny_port() {
	acl add 10 deny port 5001 && refused 10.1.1.2 5001 && refused fd01:1::2 5001 &&
		reach 10.1.1.2 5002 && [ "$(hits 10)" -ge 2 ]
}

# the first rule that matches decides
allow_before() {
	acl add 5 allow from 10.1.1.0/24 port 5001 && reach 10.1.1.2 5001 &&
		refused fd01:1::2 5001 && [ "$(hits 5)" -ge 1 ]
}

deny_prefix() {
	acl add 7 deny from fd01:1:0:5::/32 port 5000-5010 && refused fd01:1::2 5002 &&
		reach 10.1.1.2 5002
}

counted() { [ "$(counter b HpsAclDenied)" -ge 4 ]; }

shown() {
	acl show
	acl show | grep -qx '5: allow from 10.1.1.0/24 port 5001 hits [0-9]*' &&
		acl show | grep -qx '7: deny from fd01:1::/32 port 5000-5010 hits [0-9]*' &&
		[ "$(acl -j show | jq -c '[.acl[].order]')" = '[5,7,10]' ]
}

# a channel of the pool is no way around
warm() {
	acl add 1 deny && refused 10.1.1.2 5001 && acl del 1 && reach 10.1.1.2 5001
}

joins_hit() { ask a 10.1.1.2 5001 -s 4000000 && [ "$(hits 1)" -ge 1 ]; }

# an open connection stays, its next link does not come in: by no address, for
# the initiator tries IPv6 after IPv4, if there is time left for it
join_denied() {
	local before
	acl del 5 && acl del 7 && acl del 10 && acl add 1 deny from 10.1.2.0/24 &&
		acl add 2 deny from fd01:2::/64 || return
	before=$(carried a eth2)
	wait_for 20 joins_hit || { acl show; return 1; }
	echo "eth2 carried $(($(carried a eth2) - before))"
	[ $(($(carried a eth2) - before)) -lt 20000 ]
}

emptied() { acl del 1 && acl del 2 && [ -z "$(acl show)" ] && ask a 10.1.1.2 5001 -s 100000; }

many() {
	in_ns b sh -c 'i=150; while [ $i -gt 0 ]; do
		hpsctl acl add $i deny port $i || exit; i=$((i - 1)); done' || return
	[ "$(acl show | wc -l)" = 150 ] && acl show | sort -n -c
}

ns_make a b
t_ok "two links" links 2
t_ok "a bundle" bundle 2
t_ok "a server" serve b 5001
t_ok "another" serve b 5002
t_ok "no rule, no refusal" reach 10.1.1.2 5001
t_ok "a port is denied" deny_port
t_ok "an earlier rule allows" allow_before
t_ok "a prefix and ports are denied" deny_prefix
t_ok "refusals are counted" counted
t_ok "rules are shown in order" shown
t_ok "a pooled channel is refused as well" warm
t_ok "joins are refused as well" join_denied
t_ok "without rules all is open again" emptied
t_ok "a hundred and more rules" many
t_refused "a place is taken once" "Another rule has this place" acl add 7 allow
t_refused "no such rule" "No rule has this place" acl del 7000
t_refused "ports the wrong way round" "The last port is below the first" \
	acl add 7000 deny port 9-8
t_refused "no such address" "is no address" acl add 7000 deny from here
t_refused "more words than a request has room for" "too many words" \
	acl add 7000 deny $(printf 'from ::1 %.0s' {1..300})
t_refused "only the administrator" "needs CAP_NET_ADMIN" \
	in_ns b setpriv --reuid 1000 --clear-groups --bounding-set -all --inh-caps -all hpsctl acl add 7001 deny
t_ok "nothing in the kernel log" log_clean
t_done
