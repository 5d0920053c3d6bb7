#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 400
#
# hpsctl tune: the cut-off that is measured for equal, uneven and three links,
# that it can be set, that the links are put back as they were, and refusals.
# functions run through t_ok; $ in filters is that of jq
# shellcheck disable=SC2016,SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v jq >/dev/null || t_skip "no jq"

json=$t_dir/json

# tune ARGUMENT...: of hps0 in a with b, the report in $json
tune() {
	in_ns a timeout "$(slow 120)" hpsctl -j tune hps0 10.1.1.2 "$@" >"$json" || return
	jq -c . "$json"
}

# holds FILTER: true of the report
holds() { jq -e "$1" "$json" >/dev/null || { echo "not so: $1"; return 1; }; }

# left_alone: all links are active, and the cut-off is $1
left_alone() {
	in_ns a hpsctl -j link show | jq -e 'all(.links[]; .role == "active")' &&
		in_ns a hpsctl -j bundle show hps0 | jq -e ".bundles[0].cutoff == $1"
}

# hpsperf_server PORT: in b, its process in $pid
hpsperf_server() {
	run_in b "hpsperf-$1" hpsperf -p "$1" server && said "hpsperf-$1" listening
}

# Two links double the rate, and dividing costs less than half of the 105 ms that
# 128 KiB take over one of 10 Mbit/s.
equal_links() {
	tune time 24 &&
		holds '.curves | length == 3 and (.[2] | sort) == ["eth1", "eth2"]' &&
		holds '.mbit_per_s | .[2] > 1.3 * .[0] and .[2] > 1.3 * .[1]' &&
		holds '.results | length >= 4 and .[0].size == 256' &&
		holds 'all(.results[].us[]; . == null or . > 0)' &&
		holds '.cutoffs | length == 1 and .[0].links == 2' &&
		holds '.proposed == .cutoffs[0].cutoff' &&
		holds '.proposed >= 256 and .proposed <= 131072 and .set == false' &&
		left_alone 0
}

# its size is where the search says: two links lose below and win above
search_is_within_its_step() {
	holds '.proposed as $p | .results | map(select(.size >= 4 * $p)) |
		length > 0 and ([.[] | select(.us[2] < .us[0])] | length) * 2 > length'
}

sets_it() {
	tune time 24 max 32k --set && holds '.set == true and .proposed > 0' &&
		left_alone "$(jq .proposed "$json")" &&
		in_ns a hpsctl bundle show hps0 | grep -q "cutoff $(jq .proposed "$json") " &&
		in_ns a hpsctl bundle set hps0 cutoff auto
}

as_text() {
	in_ns a hpsctl tune hps0 10.1.1.2:18514 time 24 max 64k >"$t_dir/text" || return
	cat "$t_dir/text"
	grep -qE '^ *bytes +eth[12] +eth[12] +2 links$' "$t_dir/text" &&
		grep -qE '^ *256( +[0-9.]+){3}$' "$t_dir/text" &&
		grep -qE '^ *65536( +[0-9.]+){3}$' "$t_dir/text" &&
		! grep -q "^ *131072 " "$t_dir/text" &&
		grep -qE '^ *2 +([0-9]+|none) ' "$t_dir/text" &&
		grep -qE '^(proposed cut-off [0-9]|no cut-off:)' "$t_dir/text"
}

by_ipv6() {
	in_ns a hpsctl -j tune hps0 '[fd01:2::2]:18514' time 20 max 4k >"$json" &&
		holds '.host == "fd01:2::2" and .port == 18514' &&
		in_ns a hpsctl -j tune hps0 fd01:2::2 time 20 max 4k >"$json"
}

# A hundredth more is no gain to speak of. It costs nothing, either, for what is late
# goes again by the fast one: whether there is a cut-off, and where, is by chance.
uneven_links() {
	shape 2 rate 100kbit delay 50us || return
	tune time 40 && holds '.mbit_per_s[:2] | max > 5 * min' &&
		holds '.set == false' && left_alone 0 || return
	# without one nothing is set, and that is a failure
	if tune time 40 --set; then
		holds '.proposed > 0 and .set' && left_alone "$(jq .proposed "$json")" &&
			in_ns a hpsctl bundle set hps0 cutoff auto
	else
		holds '.proposed == null and .set == false' && left_alone 0
	fi
}

# its address leads over an interface that is not in the bundle yet
tune_to_third() { in_ns a hpsctl tune hps0 10.1.3.2 time 2; }

# the third has no partner at the peer: it is left out, and named
three_links() {
	shape 2 "${usual[@]}" && link 3 "${usual[@]}" || return
	tune_to_third 2>&1 | grep "no link of this bundle" || return
	ipn a link set eth3 master hps0 || return
	tune time 20 max 4k && holds '.without_path == ["eth3"]' &&
		holds '[.curves[] | length] == [1, 1, 2]' && left_alone 0 || return
	ipn b link set eth3 master hps0 || return
	tune time 24 && holds '[.curves[] | length] == [1, 1, 1, 2, 3]' &&
		holds '[.cutoffs[].links] == [2, 3] and .without_path == []' &&
		holds '.mbit_per_s[4] > 1.1 * .mbit_per_s[3]' &&
		holds '.proposed == .cutoffs[1].cutoff and .proposed <= 131072' &&
		left_alone 0
}

some_backup() {
	in_ns a hpsctl -j link show | jq -e 'any(.links[]; .role == "backup")'
}

# start_long: a run that takes long, until it has changed a role; in $pid
start_long() {
	run_in a long hpsctl -j tune hps0 10.1.1.2:"${1:-18514}" time 600 &&
		wait_for 20 some_backup
}

interrupted() {
	local err
	start_long || return
	kill -TERM "$pid"
	wait "$pid"
	err=$?
	echo "exit status $err"
	[ "$err" = 143 ] && [ ! -s "$t_dir/long" ] && left_alone 0
}

server_dies() {
	local server tune
	hpsperf_server 18600 && server=$pid && start_long 18600 || return
	tune=$pid
	# shellcheck disable=SC2046 # a word for each
	kill -KILL $(pgrep -P "$server") "$server"
	wait "$tune" && return 1
	says long "hpsctl: " && left_alone 0
}

# so slow that the links limit, not the host, however busy it is
usual=(rate 10mbit delay 50us)
{ ns_make a b && links 2 "${usual[@]}" && bundle 2; } || t_skip "no hosts"
tune_a=(in_ns a timeout "$(slow 120)" hpsctl tune)

t_refused "a peer without a server" "hpsperf server must run there" \
	"${tune_a[@]}" hps0 10.1.1.2
t_ok "a server" hpsperf_server 18514
t_ok "two equal links" equal_links
t_ok "larger messages gain" search_is_within_its_step
t_ok "--set" sets_it
t_ok "as text" as_text
t_ok "IPv6" by_ipv6
t_ok "a signal" interrupted
t_ok "a server that dies" server_dies
t_refused "no arguments" "say which: tune BUNDLE HOST" "${tune_a[@]}"
t_refused "an unknown word" "is not max SIZE" "${tune_a[@]}" hps0 10.1.1.2 min 4
t_refused "a word without a value" "is not max SIZE" "${tune_a[@]}" hps0 10.1.1.2 time
t_refused "sizes that are too small" "the largest size is from" \
	"${tune_a[@]}" hps0 10.1.1.2 max 1k
t_refused "a port out of range" "is not a number from 1 to 65535" \
	"${tune_a[@]}" hps0 10.1.1.2:0
t_refused "no such interface" "hps7" "${tune_a[@]}" hps7 10.1.1.2
t_refused "what is no bundle" "bundle" "${tune_a[@]}" eth1 10.1.1.2
t_refused "a host that does not answer" "cannot connect to 10.1.1.77" \
	"${tune_a[@]}" hps0 10.1.1.77
t_refused "without privilege" "CAP_NET_ADMIN" in_ns a setpriv --reuid 65534 \
	--clear-groups "$(command -v hpsctl)" tune hps0 10.1.1.2
t_ok "nothing is changed by refusals" left_alone 0
t_ok "one link has a hundredth of the rate" uneven_links
t_ok "three links" three_links
t_ok "two links are down" eval "ipn a link set eth2 down && ipn a link set eth3 down"
t_refused "one link" "has one link that is active and up" "${tune_a[@]}" hps0 10.1.1.2
t_ok "the kernel has not complained" log_clean
t_done
