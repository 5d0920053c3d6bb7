# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Two hosts joined by links, traffic over them, counters; sourced after lib.sh.
#
#	a: eth1 10.1.I.1/24, fd01:I::1/64 ---- b: eth1 10.1.I.2/24, fd01:I::2/64
#	(link I is ethI in both)

# shellcheck disable=SC2154 # of lib.sh

# slow N: a limit in time; part N: of an amount of data.
# The debug kernel is slow: it shall still wait for the links, not they for it.
slow() { if [ "${HPS_KERNEL:-}" = debug ]; then echo $(($1 * 5)); else echo "$1"; fi; }
part() { if [ "${HPS_KERNEL:-}" = debug ]; then echo $(($1 / 10)); else echo "$1"; fi; }
# rate N: of a link, in Mbit/s, for netem
rate() {
	if [ "${HPS_KERNEL:-}" = debug ]; then echo "rate $(($1 * 20))kbit"; else echo "rate $1mbit"; fi
}

need_module() {
	[ "$(id -u)" = 0 ] || t_skip "needs root"
	modprobe -q hps || [ -d /sys/module/hps ] || t_skip "no module hps"
	command -v traffic >/dev/null || t_skip "traffic is not on PATH"
}

ipn() { ip -n "$(ns_name "$1")" "${@:2}"; }
tcn() { tc -n "$(ns_name "$1")" "${@:2}"; }

# link I [NETEM...]: of namespaces a and b
link() {
	local i=$1 h
	ipn a link add "eth$i" type veth peer name "eth$i" netns "$(ns_name b)" || return
	for h in a b; do
		ipn "$h" addr add "10.1.$i.$([ $h = a ] && echo 1 || echo 2)/24" dev "eth$i"
		ipn "$h" addr add "fd01:$i::$([ $h = a ] && echo 1 || echo 2)/64" dev "eth$i" nodad
		ipn "$h" link set "eth$i" gso_max_segs 1 up
	done
	shape "$i" "${@:2}"
}

# shape I NETEM...: both directions; nothing: no limit
shape() {
	local i=$1 h
	shift
	for h in a b; do
		tcn "$h" qdisc del dev "eth$i" root 2>/dev/null
		[ $# = 0 ] || tcn "$h" qdisc add dev "eth$i" root netem limit 20000 "$@" || return
	done
}

# links N [NETEM...]
links() {
	local i
	for ((i = 1; i <= $1; i++)); do link "$i" "${@:2}" || return; done
}

# bundle N: hps0 over eth1..ethN in both
bundle() {
	local h i
	for h in a b; do
		{
			echo link add hps0 type hps
			echo link set hps0 up
			for ((i = 1; i <= $1; i++)); do echo link set "eth$i" master hps0; done
		} | ipn "$h" -batch - || return
	done
}

unbundle() { ipn a link del hps0 && ipn b link del hps0; }

# counter NS NAME
counter() { in_ns "$1" sed -n "s/^$2 *//p" /proc/net/hps_stat; }

# moved NS NAME BEFORE: has counted since
moved() { [ "$(counter "$1" "$2")" -gt "$3" ]; }

# carried NS DEV: octets sent and received by an interface
carried() {
	local d=/sys/class/net/$2/statistics
	in_ns "$1" cat "$d/tx_bytes" "$d/rx_bytes" | awk '{ s += $1 } END { print s }'
}

# serve NS PORT [OPTION...]: a traffic server on all addresses
serve() {
	local log=$t_dir/server-$1-$2
	: >"$log"
	ns_background "$1" traffic "${@:3}" server :: "$2" >>"$log" 2>&1
	wait_for 10 grep -q listening "$log" || { cat "$log"; return 1; }
}

# ask NS ADDRESS PORT OPTION...: a transfer, checked
ask() {
	in_ns "$1" timeout "$(slow 60)" traffic "${@:4}" client "$2" "$3"
}

# end PID...: kill it and wait until it is gone
end() {
	kill -KILL "$@" 2>/dev/null
	wait "$@" 2>/dev/null
	true
}

# run_in NS LOG COMMAND...: in the background; its pid in $pid
run_in() {
	: >"$t_dir/$2"
	ip netns exec "$(ns_name "$1")" "${@:3}" >>"$t_dir/$2" 2>&1 &
	pid=$!
	t_pids+=("$pid")
}

# kill_all NS...: whatever runs in them
kill_all() {
	local h p
	for h; do
		for p in $(ip netns pids "$(ns_name "$h")"); do kill -KILL "$p"; done
	done 2>/dev/null
	return 0
}

# says LOG WORDS: is it in what run_in wrote there? said waits for it
says() { grep -q "$2" "$t_dir/$1"; }
said() { wait_for "$(slow 10)" says "$1" "$2" || { cat "$t_dir/$1"; return 1; }; }

# listens NS: the TCP port of HPS
listens() { in_ns "$1" ss -Htln "sport = :18512" | grep -q .; }

log_clean() { ! dmesg | grep -qE 'WARNING:|BUG:|Oops|refcount_t'; }

# paths N [STATE]: some connection of a has so many
paths() {
	in_ns a hpsctl -j conn show |
		jq -e "[.conns[].paths | map(select(.state == \"${2:-up}\")) | length] | max == $1"
}
