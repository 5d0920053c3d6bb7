#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long short
# timeout: 240
#
# The bundle as a network device: made and deleted, links by "ip link set
# master" and by hpsctl, refusals, what happens when interfaces and namespaces
# go, and that an enslaved interface works on as before.
#
#	a: eth1 10.0.0.1/24, eth2 10.0.0.2/24 ---- b: bridge br0 10.0.0.9/24
# shellcheck disable=SC2317 # functions run through t_ok
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

[ "$(id -u)" = 0 ] || t_skip "needs root"
modprobe -q hps || [ -d /sys/module/hps ] || t_skip "no module hps"
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

# rtnetlink COMMAND...
rtnetlink() { in_ns a python3 "$here/netlink.py" "$@"; }
ipa() { ip -n "$(ns_name a)" "$@"; }
shown() { ipa -d link show "$1" | grep -q -- "$2"; }
absent() { ! ipa link show "$1"; }
listed() { in_ns a hpsctl link show "$1" | grep -q -- "$2"; }
unlisted() { in_ns a hpsctl -j link show | jq -e ".links | all(.ifname != \"$1\")"; }

topology() {
	local i
	ns_make a b || return
	in_ns b ip link add br0 type bridge
	in_ns b ip addr add 10.0.0.9/24 dev br0
	in_ns b ip addr add fd00::9/64 dev br0 nodad
	in_ns b ip link set br0 up
	for i in 1 2; do
		ipa link add eth$i type veth peer name p$i netns "$(ns_name b)"
		in_ns b ip link set p$i master br0 up
		ipa addr add 10.0.0.$i/24 dev eth$i
		ipa addr add fd00::$i/64 dev eth$i nodad
		# two interfaces in one subnet answer for themselves only
		in_ns a sysctl -qw net.ipv4.conf.eth$i.arp_ignore=1 \
			net.ipv4.conf.eth$i.arp_announce=2 \
			net.ipv4.conf.eth$i.rp_filter=2
		in_ns a sysctl -qw net.ipv6.conf.eth$i.keep_addr_on_down=1
		ipa link set eth$i up
	done
	wait_for 10 in_ns a ping -c 1 -W 1 10.0.0.9
}

reachable() {
	in_ns a ping -c 1 -W 5 -I "$1" 10.0.0.9 &&
		in_ns a ping -6 -c 1 -W 5 -I "$1" fd00::9
}

both_reachable() { reachable eth1 && reachable eth2; }

make_bundle() { ipa link add hps0 type hps && ipa link set hps0 up; }

no_address() {
	shown hps0 NOARP && ! shown hps0 MULTICAST &&
		[ -z "$(ipa -o -6 addr show dev hps0)" ]
}

# carrier WORD: UP or DOWN
carrier() { ipa link show hps0 | grep -q "state $1"; }

enslave() {
	ipa link set eth1 master hps0 && ipa link set eth2 master hps0 &&
		shown eth1 "master hps0" && shown eth1 hps_slave &&
		listed eth1 "id 1 enslaved role active weight auto up" &&
		listed eth2 "id 2 enslaved role active weight auto up" &&
		wait_for 5 carrier UP
}

release() {
	ipa link set eth2 nomaster && unlisted eth2 &&
		! shown eth2 "master hps0" && listed eth1 "id 1"
}

lowest_id() { ipa link set eth2 master hps0 && listed eth2 "id 2"; }

# what hps0 is given goes nowhere and is counted
drops() {
	ipa addr add 10.5.0.1/24 dev hps0
	in_ns a ping -c 1 -W 0.1 10.5.0.2
	ipa addr del 10.5.0.1/24 dev hps0
	[ "$(ipa -j -s link show hps0 | jq '.[0].stats64.tx.dropped')" -gt 0 ]
}

no_payload() {
	ipa -j -s link show hps0 | jq -e '.[0].stats64 |
		.tx.bytes == 0 and .rx.bytes == 0'
}

follows_link() {
	ipa link set eth1 down && ipa link set eth2 down &&
		listed eth1 down && wait_for 5 carrier DOWN &&
		in_ns b ip link set p1 down && ipa link set eth1 up &&
		listed eth1 down &&
		in_ns b ip link set p1 up && wait_for 5 listed eth1 up &&
		wait_for 5 carrier UP && ipa link set eth2 up
}

moves_master() {
	ipa link add br1 type bridge && ipa link set eth2 master br1 &&
		shown eth2 "master br1" && unlisted eth2 &&
		ipa link set eth2 nomaster && ipa link set eth2 master hps0
}

# a port of a bridge becomes a link and stays a port
attach() {
	ipa link add port0 type dummy && ipa link set port0 master br1 up &&
		in_ns a hpsctl link add port0 bundle hps0 &&
		listed port0 attached && shown port0 "master br1"
}

detach() {
	in_ns a hpsctl link del port0 && unlisted port0 &&
		shown port0 "master br1"
}

attached_is_deleted() {
	in_ns a hpsctl link add port0 bundle hps0 &&
		ipa link del port0 && unlisted port0
}

detach_enslaved() {
	in_ns a hpsctl link del eth2 && unlisted eth2 &&
		! shown eth2 "master hps0" && ipa link set eth2 master hps0
}

info_data() {
	rtnetlink newlink hps5 1=u32:4096 2=u8:1 &&
		[ "$(rtnetlink linkinfo hps5)" = "kind hps 1=4096 2=1 3=2" ] &&
		rtnetlink changelink hps5 1=u32:8192 &&
		[ "$(rtnetlink linkinfo hps5)" = "kind hps 1=8192 2=1 3=2" ] &&
		ipa link del hps5
}

slave_data() {
	rtnetlink linkinfo eth1 | grep -q "slave hps 1=1 2=0"
}

nothing_changed() {
	[ "$(rtnetlink linkinfo hps0)" = "kind hps 1=0 2=0 3=2" ] && absent hps9
}

limit() {
	local i
	ipa link add full type hps
	for ((i = 1; i <= 256; i++)); do
		echo "link add d$i type dummy"
		[ "$i" = 256 ] || echo "link set d$i master full"
	done >"$t_dir/batch"
	ipa -batch "$t_dir/batch" && listed d255 "id 255"
}

limit_release() {
	ipa link set d7 nomaster && ipa link set d256 master full &&
		listed d256 "id 7"
}

limit_delete() { ipa link del full && ! shown d1 "master full" && unlisted d1; }

nic_unregisters() { ipa link del d1 && unlisted d1; }

nic_moves() {
	ipa link add mv0 type dummy && ipa link set mv0 master hps0 &&
		ipa link set mv0 netns "$(ns_name b)" && unlisted mv0 &&
		in_ns b ip link show mv0 && ! in_ns b ip link show mv0 | grep master
}

bundle_moves() {
	ipa link add hps6 type hps && ipa link add mv1 type dummy &&
		ipa link set mv1 master hps6 &&
		ipa link set hps6 netns "$(ns_name b)" && unlisted mv1 &&
		! shown mv1 "master hps6" &&
		in_ns b hpsctl bundle show hps6 | grep "links 0" &&
		in_ns b ip link del hps6
}

# a namespace ends with a bundle, an enslaved and an attached link
namespace_ends() {
	ns_make c && in_ns c ip link add hps0 type hps &&
		in_ns c ip link add d0 type dummy &&
		in_ns c ip link add d1 type dummy &&
		in_ns c ip link set d0 master hps0 up &&
		in_ns c hpsctl link add d1 bundle hps0 && ns_delete c
}

default_is_lowest() {
	ipa link add hps7 type hps &&
		in_ns a hpsctl -j bundle show | jq -e '.bundles |
			(map(select(.default)) | length) == 1 and
			min_by(.ifindex).default' && ipa link del hps7
}

# Writes to a packet socket that has no room, by an interface that is up: the write waits,
# and holds the interface.
cat >"$t_dir/hold.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
try:
    while True:
        s.sendto(bytes(1000), socket.MSG_DONTWAIT, ("slow0", 0))
except BlockingIOError:
    print("full", flush=True)
s.sendto(bytes(1000), (sys.argv[1], 0))
PY

held() {
	local pid
	modprobe -a dummy sch_tbf
	ipa link add slow0 type dummy && ipa link set slow0 up &&
		tc -n "$(ns_name a)" qdisc add dev slow0 root tbf rate 8bit burst 1600 limit 100000 &&
		ipa link add hps7 type hps && ipa link set hps7 up || return
	ns_background a python3 "$t_dir/hold.py" hps7 >"$t_dir/hold"
	pid=$!
	wait_for 10 grep -q full "$t_dir/hold" && wait_for 10 sleeps "$pid" || return
	ipa link del hps7 &
	# the kernel says again that it goes, each second
	sleep 3
	kill -0 $! || { echo "nobody held it"; return 1; }
	kill "$pid"
	wait $!
	ipa link del slow0
	absent hps7
}
sleeps() { grep -q 'sock_alloc_send_pskb\|sock_wait_for_wmem' "/proc/$1/stack"; }

delete_bundle() {
	ipa link del hps0 && absent hps0 && unlisted eth1 &&
		! shown eth1 "master hps0"
}

# bundles do not hold the module; interfaces outlive it
reload() {
	make_bundle && ipa link set eth1 master hps0 && rmmod hps &&
		absent hps0 && ! shown eth1 master && modprobe hps &&
		make_bundle && ipa link set eth1 master hps0
}

topology || t_skip "cannot make namespaces"

t_ok "both interfaces work before" both_reachable
t_ok "a bundle is made" make_bundle
t_ok "it has no IPv6 address, no ARP, no multicast" no_address
t_ok "without links it has no carrier" wait_for 5 carrier DOWN
t_ok "interfaces are enslaved" enslave
t_ok "both interfaces work when enslaved, IPv4 and IPv6" both_reachable
t_ok "what they carry is not counted as payload" no_payload
t_ok "a packet to the bundle is dropped and counted" drops
t_ok "links go down and up, and the bundle's carrier" follows_link
t_ok "an interface is released" release
t_ok "a new link gets the lowest free id" lowest_id
t_ok "a link gets another master" moves_master
t_ok "a bridge port becomes a link and stays a port" attach
t_ok "an attached link is removed" detach
t_ok "an attached interface is deleted" attached_is_deleted
t_ok "an enslaved link is removed by netlink" detach_enslaved
t_ok "IFLA_INFO_DATA is set, changed and shown" info_data
t_ok "IFLA_INFO_SLAVE_DATA is shown" slave_data

t_refused "loopback as a link" "A loopback interface cannot be a link" \
	ipa link set lo master hps0
ipa link add hps8 type hps
t_refused "a bundle as a link" "A bundle cannot be a link of a bundle" \
	ipa link set hps8 master hps0
t_refused "a link of another bundle, attached" \
	"The interface is a link of a bundle already" \
	in_ns a hpsctl link add eth1 bundle hps8
ipa link del hps8
if ipa link add can0 type vcan 2>/dev/null; then
	t_refused "an interface without IP" "The interface cannot carry IP" \
		ipa link set can0 master hps0
else
	t_skip_one "an interface without IP" "no vcan"
fi
t_refused "a hardware address" "A bundle has no hardware address" \
	ipa link add hps9 address 02:00:00:00:00:01 type hps
t_refused "one copy" "The copies are 2 to 4 (Numerical result out of range) attribute 3" \
	rtnetlink changelink hps0 2=u8:3 3=u8:1
t_refused "an unknown policy" "Unknown policy (Invalid argument) attribute 2" \
	rtnetlink changelink hps0 2=u8:77
t_refused "a cut-off beyond 1 GiB, with a good policy" \
	"The cut-off is at most 1 GiB (Numerical result out of range) attribute 1" \
	rtnetlink changelink hps0 1=u32:1073741825 2=u8:1
t_refused "an attribute of the wrong size" "attribute 1" \
	rtnetlink newlink hps9 1=u8:0
t_ok "refusals change nothing" nothing_changed

t_ok "255 links" limit
t_refused "a 256th link" "The bundle has 255 links already" \
	ipa link set d256 master full
t_ok "room after a release" limit_release
t_ok "a full bundle is deleted" limit_delete
ipa link set d1 master hps0
t_ok "an interface is unregistered" nic_unregisters
t_ok "an interface moves to another namespace" nic_moves
t_ok "a bundle moves to another namespace without its links" bundle_moves
t_ok "a namespace ends with a bundle and links" namespace_ends
t_ok "the default bundle is the lowest" default_is_lowest
t_ok "a bundle goes while somebody holds it" held
t_ok "the bundle is deleted" delete_bundle
t_ok "both interfaces work after" both_reachable
if lsmod | grep -qE '^hps .* 0 *$'; then
	t_ok "the module goes with bundles and comes back" reload
else
	t_skip_one "the module goes with bundles and comes back" "it is in use"
fi
t_done
