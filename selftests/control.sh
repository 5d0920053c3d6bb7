#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long short
# timeout: 240
#
# The control plane: sysctls, counters, generic netlink by hpsctl and raw,
# refusals, privileges, events, and how a live connection is shown.
# shellcheck disable=SC2317 # functions run through t_ok
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

[ "$(id -u)" = 0 ] || t_skip "needs root"
modprobe -q hps || [ -d /sys/module/hps ] || t_skip "no module hps"
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

a() { in_ns a "$@"; }
ipa() { ip -n "$(ns_name a)" "$@"; }
ctl() { in_ns a hpsctl "$@"; }
genl() { in_ns a python3 "$here/netlink.py" genl "$@"; }
nobody() { in_ns a setpriv --reuid 65534 --clear-groups "$@"; }
index() { ipa -j link show "$1" | jq '.[0].ifindex'; }

# --- sysctls ---

knobs="bare=1 conn_timeout=30 crc=0 cutoff=0 dead_ms=100 fin_timeout=60 handshake_timeout=5 map_budget=67108864 max_half_open=1024
max_orphans=4096 pool_idle=60 pool_size=64 port=18512 port_max=60999
port_min=32768 probe_time=10 region_cache=67108864 rmem=2097152 rmem_max=16777216
wmem=2097152 wmem_max=16777216 zerocopy_min=16384"

# knob NAME [NS]
knob() { in_ns "${2:-a}" sysctl -n "net.hps.$1"; }

# every knob is in the list and has the value given there
defaults() {
	local k want
	want=$(for k in $knobs; do echo "$k"; done)
	[ "$(a ls /proc/sys/net/hps)" = "${want//=*([0-9])/}" ] || return
	for k in $knobs; do
		[ "$(knob "${k%=*}")" = "${k#*=}" ] || { echo "$k"; return 1; }
	done
}

# in_range NAME VALUE...: are taken; the default is put back
in_range() {
	local name=$1 v old
	old=$(knob "$name")
	shift
	for v; do
		a sysctl -qw "net.hps.$name=$v" && [ "$(knob "$name")" = "$v" ] ||
			return
	done
	a sysctl -qw "net.hps.$name=$old"
}

# out_of_range NAME VALUE...: are refused and change nothing
out_of_range() {
	local name=$1 v old
	old=$(knob "$name")
	shift
	for v; do
		! a sysctl -qw "net.hps.$name=$v" 2>/dev/null &&
			[ "$(knob "$name")" = "$old" ] || return
	done
}

ranges() {
	in_range port 1 65535 && out_of_range port 0 65536 -1 x &&
		in_range crc 0 1 && out_of_range crc 2 &&
		in_range bare 0 1 && out_of_range bare 2 &&
		in_range rmem 4096 67108864 && out_of_range rmem 4095 67108865 &&
		in_range wmem 4096 67108864 && out_of_range wmem 4095 67108865 &&
		in_range rmem_max 4096 67108864 && out_of_range rmem_max 4095 67108865 &&
		in_range wmem_max 4096 67108864 && out_of_range wmem_max 4095 67108865 &&
		in_range cutoff 0 1073741824 && out_of_range cutoff 1073741825 &&
		in_range probe_time 1 86400 && out_of_range probe_time 0 86401 &&
		in_range fin_timeout 1 86400 && out_of_range fin_timeout 0 86401 &&
		in_range max_orphans 0 1048576 && out_of_range max_orphans 1048577 &&
		in_range handshake_timeout 1 300 &&
		out_of_range handshake_timeout 0 301 &&
		in_range max_half_open 1 1048576 && out_of_range max_half_open 0 &&
		in_range conn_timeout 1 86400 && out_of_range conn_timeout 0 86401 &&
		in_range dead_ms 10 60000 && out_of_range dead_ms 9 60001 &&
		in_range pool_idle 0 86400 && out_of_range pool_idle 86401 &&
		in_range pool_size 0 65536 && out_of_range pool_size 65537 &&
		in_range map_budget 0 4294967295 && out_of_range map_budget -1 4294967296 &&
		in_range region_cache 0 4294967295 && out_of_range region_cache -1 4294967296 &&
		in_range port_min 1 60999 && out_of_range port_min 0 61000 &&
		in_range port_max 32768 65535 && out_of_range port_max 32767 65536
}

per_namespace() {
	a sysctl -qw net.hps.crc=1 && [ "$(knob crc b)" = 0 ] &&
		[ "$(knob crc)" = 1 ] && a sysctl -qw net.hps.crc=0
}

others_may_not_write() {
	[ "$(nobody cat /proc/sys/net/hps/crc)" = 0 ] &&
		! nobody sh -c 'echo 1 >/proc/sys/net/hps/crc'
}

# the owner of a user namespace writes to its network namespace
user_namespace() {
	# shellcheck disable=SC2016
	setpriv --reuid 65534 --clear-groups unshare -Urn sh -c '
		echo 1 >/proc/sys/net/hps/crc &&
		[ "$(cat /proc/sys/net/hps/crc)" = 1 ]' || return
	[ "$(knob crc)" = 0 ]
}

port_in_use() {
	! a sysctl -qw net.hps.port=18600 2>"$t_dir/err" &&
		grep -i busy "$t_dir/err" && [ "$(knob port)" = 18512 ] &&
		a sysctl -qw net.hps.port=18512
}

port_is_free_again() {
	wait_for 10 a sysctl -qw net.hps.port=18600 &&
		a sysctl -qw net.hps.port=18512
}

# --- counters ---

stat_format() {
	[ "$(a cat /proc/net/hps_stat | grep -cvE '^Hps[A-Za-z]+ +[0-9]+$')" = 0 ] &&
		[ "$(a sed 's/ .*//' /proc/net/hps_stat | sort | uniq -d)" = "" ] &&
		[ "$(a head -n 1 /proc/net/hps_stat | sed 's/ .*//')" = HpsActiveOpen ]
}

stat_by_netlink() {
	local name
	[ "$(ctl stats)" = "$(a cat /proc/net/hps_stat)" ] || return
	name=$(a tail -n 1 /proc/net/hps_stat | sed 's/ .*//')
	ctl -j stats show "$name" | jq -e ".counters.$name == 0" &&
		[ "$(ctl stats show --nonzero | grep -c ' 0$')" = 0 ]
}

tracepoints() {
	local t
	for t in segment_sent segment_received path_up path_down conn_state \
		credit_stall ack; do
		[ -d "/sys/kernel/tracing/events/hps/hps_$t" ] ||
			{ echo "no hps_$t"; return 1; }
	done
}

# --- bundles and links ---

configure() {
	ctl bundle set hps0 cutoff 128k policy single &&
		ctl bundle show hps0 | grep "policy single cutoff 131072 links 0 default" &&
		ctl -j bundle show | jq -e '.bundles[0] | .ifname == "hps0" and
			.policy == "single" and .cutoff == 131072 and .default' &&
		ctl bundle set hps0 cutoff auto && ctl bundle set hps0 policy stripe &&
		ctl bundle show | grep "policy stripe cutoff auto"
}

unchanged() {
	ctl -j bundle show hps0 |
		jq -e '.bundles[0] | .policy == "stripe" and .cutoff == 0'
}

links() {
	ctl link add d0 bundle hps0 && ctl link add d1 bundle hps0 &&
		ctl -j link show | jq -e '.links | length == 2 and
			.[0].ifname == "d0" and .[1].id == 2 and
			.[1].bundle == "hps0" and .[1].origin == "attached" and
			.[1].role == "active" and .[1].weight == 0' &&
		ctl link show d1 | grep "bundle hps0 id 2 attached role active weight auto" &&
		ctl link set d1 role backup weight 7 &&
		ctl link show d1 | grep "role backup weight 7" &&
		ctl link set d1 weight auto role duplicate &&
		ctl -j link show d1 | jq -e '.links[0].role == "duplicate" and
			.links[0].weight == 0' &&
		ctl link del d0 && ! ctl link show d0 && ctl link del d1 &&
		ctl -j link show | jq -e '.links == []'
}

link_set_bad_weight() {
	local err=0
	ctl link add d0 bundle hps0
	ctl link set d0 role backup weight 1001 || err=$?
	ctl link show d0 | grep -q "role active" || echo "the role was changed"
	ctl link del d0
	return $err
}

policies() {
	local p
	for p in auto single stripe duplicate; do
		ctl bundle set hps0 policy $p && ctl bundle show hps0 | grep "policy $p" || return
	done
	ctl bundle set hps0 copies 3 &&
		ctl -j bundle show hps0 | jq -e '.bundles[0].copies == 3' &&
		ctl bundle set hps0 copies 2 policy stripe
}

many() {
	local i
	for ((i = 0; i < 120; i++)); do echo "link add m$i type hps"; done >"$t_dir/batch"
	ipa -batch "$t_dir/batch" &&
		ctl -j bundle show | jq -e '.bundles | length == 121 and
			(map(.ifindex) | unique | length) == 121'
	for ((i = 0; i < 120; i++)); do echo "link del m$i"; done >"$t_dir/batch"
	ipa -batch "$t_dir/batch"
}

reading_is_free() {
	nobody hpsctl bundle show | grep hps0 && nobody hpsctl link show &&
		nobody hpsctl conn show && nobody hpsctl peer show &&
		nobody hpsctl stats | grep HpsActiveOpen
}

owner_may_change() {
	setpriv --reuid 65534 --clear-groups unshare -Urn sh -c "
		ip link add hps0 type hps && $(command -v hpsctl) bundle set hps0 policy single &&
		$(command -v hpsctl) bundle show hps0" | grep "policy single"
}

# --- events ---

# event PATTERN: came
event() { wait_for 10 grep -q -- "$1" "$t_dir/events" || { cat "$t_dir/events"; return 1; }; }

link_events() {
	ipa link add ev0 type hps && event "bundle-added bundle ev0" &&
		ctl bundle set ev0 policy single &&
		event "bundle-changed bundle ev0" &&
		ctl link add d0 bundle ev0 &&
		event "link-added bundle ev0 link d0 id 1" &&
		ipa link set d0 up && event "link-up bundle ev0 link d0 id 1" &&
		ipa link set d0 down && event "link-down bundle ev0 link d0 id 1" &&
		ctl link del d0 && event "link-removed bundle ev0 link d0 id 1" &&
		ipa link del ev0 && event "bundle-removed bundle ev0"
}

json_events() {
	jq -e -s 'map(select(.bundle == "ev0") | .event) |
		index("bundle-added") < index("bundle-removed")' "$t_dir/json"
}

events_stay_in_namespace() {
	in_ns b ip link add other0 type hps && in_ns b ip link del other0 &&
		ipa link add own0 type hps && event own0 && ipa link del own0 &&
		! grep other0 "$t_dir/events"
}

# --- a connection ---

listening() { grep -q ^listening "$t_dir/server"; }
flowing() {
	cat "$t_dir/client"
	in_ns b hpsctl -j conn show | jq -e '.conns | length == 1 and
		.[0].state == "established" and ([.[0].paths[].tx_bytes] | add) > 0'
}

conn_of_client() {
	wait_for 10 flowing || { flowing; return 1; }
	in_ns b hpsctl conn show &&
		in_ns b hpsctl -j conn show | jq -e '.conns[0] | .initiator and
			.type == "stream" and .remote == "10.0.0.1:18514" and
			(.local | startswith("10.0.0.2:")) and .inode > 0 and
			.uid == 0 and .paths[0].state == "up" and
			.paths[0].dev == "v1" and
			(.paths[0].remote | startswith("10.0.0.1:18512"))'
}

conn_of_server() {
	ctl -j conn show | jq -e '.conns[0] | (.initiator | not) and
		.local == "10.0.0.1:18514" and .state == "established" and
		([.paths[].rx_bytes] | add) > 0'
}

conn_by_token() {
	local token
	token=$(ctl -j conn show | jq -r '.conns[0].token')
	ctl -j conn show "$token" | jq -e ".conns[0].token == \"$token\""
}

counted() {
	a grep -E 'HpsPassiveOpen +[1-9]' /proc/net/hps_stat &&
		in_ns b grep -E 'HpsActiveOpen +[1-9]' /proc/net/hps_stat
}

peer_listed() {
	in_ns b hpsctl -j peer show | jq -e '.peers[0] | .channels > 0 and
		.local == "10.0.0.2" and .remote == "10.0.0.1" and .port == 18512'
}

conns_gone() { ctl -j conn show | jq -e '.conns == []'; }

connection() {
	ipa link add v0 type veth peer name v1 netns "$(ns_name b)"
	ipa addr add 10.0.0.1/24 dev v0
	in_ns b ip addr add 10.0.0.2/24 dev v1
	ipa link set v0 up
	in_ns b ip link set v1 up
	ns_background a hpsperf server --bind 10.0.0.1 >"$t_dir/server" 2>&1
	server=$!
	wait_for 20 listening
}

mistyped() {
	ctl bogus
	[ $? = 2 ] || return
	ctl bundle frob
	[ $? = 2 ] || return
	ctl stats show Nonesuch
	[ $? = 1 ]
}

shopt -s extglob
ns_make a b || t_skip "cannot make namespaces"
ipa link add hps0 type hps
ipa link add d0 type dummy
ipa link add d1 type dummy

t_ok "sysctls have their defaults" defaults
t_ok "sysctls keep their ranges" ranges
t_ok "sysctls are per namespace" per_namespace
t_ok "sysctls are for root" others_may_not_write
t_ok "sysctls of a user namespace's network" user_namespace
t_ok "/proc/net/hps_stat has one counter per line" stat_format
t_ok "netlink tells the same counters" stat_by_netlink
t_ok "tracepoints are there" tracepoints
t_ok "a bundle is configured" configure
t_ok "links come and go, with roles and weights" links
t_ok "every policy can be set" policies
t_ok "a dump of many bundles is complete" many
t_ok "reading needs no privilege" reading_is_free
t_ok "the owner of a user namespace may change" owner_may_change

t_refused "changing without privilege: bundle" "CAP_NET_ADMIN" \
	nobody hpsctl bundle set hps0 policy single
t_refused "changing without privilege: link add" "CAP_NET_ADMIN" \
	nobody hpsctl link add d0 bundle hps0
t_refused "changing without privilege: link del" "CAP_NET_ADMIN" \
	nobody hpsctl link del d0
t_refused "changing without privilege: link set" "CAP_NET_ADMIN" \
	nobody hpsctl link set d0 role backup
t_refused "five copies, with a good policy" "The copies are 2 to 4" \
	ctl bundle set hps0 policy duplicate copies 5
t_refused "a weight beyond 1000, with a good role" "The weight is at most 1000" \
	link_set_bad_weight
t_refused "a role for what is no link" "The interface is not a link of a bundle" \
	ctl link set d0 role backup
t_refused "a cut-off beyond 1 GiB" "The cut-off is at most 1 GiB" \
	ctl bundle set hps0 cutoff 2G
t_refused "a setting for what is no bundle" "No bundle has this ifindex" \
	ctl bundle set lo policy single
t_refused "a look at what is no bundle" "No bundle has this ifindex" \
	ctl bundle show lo
t_refused "loopback as a link" "A loopback interface cannot be a link" \
	ctl link add lo bundle hps0
t_refused "a bundle as a link" "A bundle cannot be a link of a bundle" \
	ctl link add hps0 bundle hps0
t_refused "a link of what is no bundle" "No bundle has this ifindex" \
	ctl link add d0 bundle d1
t_refused "removal of what is no link" "The interface is not a link of a bundle" \
	ctl link del d0
t_refused "a look at what is no link" "The interface is not a link of a bundle" \
	ctl link show d0
t_refused "an unknown token" "No connection has this token" \
	ctl conn show 123456789abcdef0
t_refused "an unknown counter" "No counter has this name" ctl stats show Nonesuch
t_refused "a counter's name beyond all bounds" "such a long name" \
	ctl stats show $(printf 'a%.0s' {1..5000})
t_ok "a mistyped command has a status of its own" mistyped

# Commands and attributes: uapi/linux/hps_netlink.h
bundle=$(index hps0)
t_refused "bundle-get without an ifindex" "The bundle's ifindex is missing" genl 1
t_refused "bundle-set without an ifindex" "The bundle's ifindex is missing" \
	genl 2 4=u8:1
t_refused "bundle-set of nothing" "Nothing to set" genl 2 "1=u32:$bundle"
t_refused "bundle-set of an unknown policy" "attribute 4" \
	genl 2 "1=u32:$bundle" 4=u8:9
t_refused "link-get without an ifindex" "The interface's ifindex is missing" genl 3
t_refused "link-add without an ifindex" "The interface's ifindex is missing" \
	genl 4 "3=u32:$bundle"
t_refused "link-add without a bundle" "The bundle's ifindex is missing" \
	genl 4 "1=u32:$(index d0)"
t_refused "link-add to nothing" "No bundle has this ifindex (No such device) attribute 3" \
	genl 4 "1=u32:$(index d0)" 3=u32:99999
t_refused "link-add of nothing" \
	"No interface has this ifindex (No such device) attribute 1" \
	genl 4 1=u32:99999 "3=u32:$bundle"
t_refused "link-add names the interface at fault" \
	"A loopback interface cannot be a link (Invalid argument) attribute 1" \
	genl 4 "1=u32:$(index lo)" "3=u32:$bundle"
for command in 3 4 5; do
	for index in 0x80000000 0xc0000000 0xffffefff 0xffffffff; do
		which=(1=u32:$index)
		[ $command != 4 ] || which+=("3=u32:$bundle")
		t_refused "an ifindex of $index is no link's (command $command)" \
			"No interface has this ifindex" genl $command "${which[@]}"
	done
done
t_refused "link-del without an ifindex" "The interface's ifindex is missing" genl 5
t_refused "ifindex 0" "attribute 1" genl 1 1=u32:0
t_refused "an attribute of the wrong size" "attribute 1" genl 1 1=u8:1
t_refused "an unknown attribute" "attribute 9" genl 5 "1=u32:$bundle" 9=u8:1
t_refused "conn-get without a token" "The token is missing" genl 6
t_refused "peer-get without addresses" "Both addresses are needed" genl 7
t_refused "peer-get with a bad address" \
	"An address has 4 or 16 octets (Invalid argument) attribute 2" \
	genl 7 2=hex:0a0001 3=hex:0a000001
t_refused "peer-get of strangers" "No idle channel between these addresses" \
	genl 7 2=hex:0a000001 3=hex:0a000002
t_refused "stats-get without a name" "The counter's name is missing" genl 8
for i in 1 3; do
	t_refused "dump of command $i with an attribute" \
		"A dump takes no attributes" genl $i dump "1=u32:$bundle"
done
t_refused "an unknown command" "Operation not supported" genl 77
t_ok "refusals change nothing" unchanged

ns_background a hpsctl monitor >"$t_dir/events"
ns_background a hpsctl -j monitor >"$t_dir/json"
probe() { ipa link add probe0 type hps; ipa link del probe0
	grep -q probe0 "$t_dir/events" && grep -q probe0 "$t_dir/json"; }
t_ok "monitor listens" wait_for 20 probe
t_ok "events of bundles and links" link_events
t_ok "events in JSON, one object per line" json_events
t_ok "events stay in their namespace" events_stay_in_namespace

if command -v hpsperf >/dev/null && connection; then
	t_ok "the TCP port cannot change under a listener" port_in_use
	ns_background b hpsperf --json stream --time 60 10.0.0.1 >"$t_dir/client" 2>&1
	client=$!
	t_ok "a connection is shown, client" conn_of_client
	t_ok "a connection is shown, server" conn_of_server
	t_ok "a connection is found by its token" conn_by_token
	t_ok "opens are counted" counted
	t_ok "an event tells of the connection" event "conn-opened.*10.0.0.1:18514 < 10.0.0.2"
	t_ok "an event tells of the path" event "path-up.*dev v0"
	kill "$client"
	t_ok "connections go" wait_for 20 conns_gone
	t_ok "an event tells of the end" event conn-closed
	in_ns b hpsperf pingpong --sizes 64 --rounds 10 10.0.0.1 >/dev/null 2>&1
	t_ok "a pooled channel is listed" wait_for 10 peer_listed
	kill "$server"
	t_ok "the TCP port is free again" port_is_free_again
else
	t_skip_one "connections" "hpsperf cannot listen"
fi
t_done
