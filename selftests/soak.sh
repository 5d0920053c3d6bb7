#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: none
#
# soak.sh: what `make soak` runs on the debug kernel. 8 rows of connections for
# HPS_SOAK_SECONDS (600), half of them with records, over three links that lose,
# delay, reorder, duplicate and corrupt packets, go down at either end, fall
# silent, lose their address, leave the bundle and come back, all by chance, while
# the policy, the copies and the cut-off of the bundle and the links' roles and weights
# change.
# One link at a time is let alone, in turns, so no connection may be lost: every
# octet is compared with what must be at its place (see torture.c).
# HPS_SOAK_SEED repeats the choices of a run, though not the moments.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v torture >/dev/null || t_skip "torture is not on PATH"

seconds=${HPS_SOAK_SECONDS:-600}
seed=${HPS_SOAK_SEED:-$RANDOM$RANDOM}
links=3
turn=20	# seconds until another link is the one that is let alone
calm=7	# of these at the end nothing new happens, so that all links are used again
events=$t_dir/events

# below N: a random number in REPLY
below() { REPLY=$((RANDOM % $1)); }

# pick WORD...: one of them in REPLY
pick() { below $#; shift "$REPLY"; REPLY=$1; }

note() {
	printf '%s %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*" >>"$events"
}

# a way for packets to suffer
NETEMS=("rate 100mbit delay 50us" "rate 20mbit delay 2ms" "rate 100mbit delay 50us loss 3%"
	"rate 100mbit delay 2ms reorder 25% 50%" "rate 50mbit delay 1ms 900us"
	"rate 100mbit delay 50us duplicate 3%" "rate 100mbit delay 50us corrupt 2%"
	"rate 50mbit delay 5ms 3ms loss 1% duplicate 1% corrupt 1% reorder 10%"
	"delay 10us" "rate 100mbit delay 20ms")

netem() { in_ns "$1" tc qdisc replace dev "eth$2" root netem limit 2000 ${3:+"${@:3}"}; }

suffer() {
	local netem
	below ${#NETEMS[@]}
	netem=${NETEMS[REPLY]}
	note netem "$1 eth$2 $netem"
	# shellcheck disable=SC2086 # words
	netem "$1" "$2" $netem
}

nap() {
	pick 0.05 0.1 0.3 0.7 1.5 3
	sleep "$REPLY"
}

# torment I: something happens to link I, and ends
torment() {
	local i=$1 h
	pick a b
	h=$REPLY
	below 9
	case $REPLY in
	0 | 1 | 2) suffer "$h" "$i" ;;
	3 | 4)
		note down "$h eth$i"
		ipn "$h" link set "eth$i" down && nap && ipn "$h" link set "eth$i" up
		;;
	5)
		note silent "both eth$i"
		netem a "$i" loss 100% && netem b "$i" loss 100% && nap
		suffer a "$i" && suffer b "$i"
		;;
	6)
		note deaf "$h eth$i"
		netem "$h" "$i" loss 100% && nap
		suffer "$h" "$i"
		;;
	7)
		note leave "$h eth$i"
		ipn "$h" link set "eth$i" nomaster && nap && ipn "$h" link set "eth$i" master hps0
		;;
	8)
		note address "$h eth$i"
		ipn "$h" addr del "$(address "$h" "$i")" dev "eth$i" && nap &&
			ipn "$h" addr add "$(address "$h" "$i")" dev "eth$i"
		;;
	esac
}

address() { echo "10.1.$2.$([ "$1" = a ] && echo 1 || echo 2)/24"; }

well() { netem a "$1" rate 100mbit delay 50us && netem b "$1" rate 100mbit delay 50us; }

# meddle N: in the background; the first and the second meddler have each one of
# the links that are not let alone. A link that cannot be brought back is noted.
meddle() {
	local n=$1 begin=$SECONDS t safe i
	# a subshell has its own
	RANDOM=$(((seed + n) % 32768))
	while :; do
		t=$((SECONDS - begin))
		safe=$((t / turn % links + 1))
		i=$(((safe - 1 + n) % links + 1))
		if [ $((t % turn)) -ge $((turn - calm)) ]; then
			well $i || note unable "eth$i"
			note calm "eth$i"
			sleep $((turn - t % turn))
		else
			torment $i || note unable "eth$i"
			pick 0 0.05 0.2 1
			sleep "$REPLY"
		fi
	done 2>>"$events.errors"
}

# govern: in the background, how a bundle or a link shall be used. A link may be out of
# its bundle just now
govern() {
	local h i
	RANDOM=$((seed % 32768))
	while :; do
		pick a b
		h=$REPLY
		below $links
		i=$((REPLY + 1))
		below 5
		case $REPLY in
		0) pick auto auto stripe single duplicate && rule "$h" bundle set hps0 policy "$REPLY" ;;
		1) below 3 && rule "$h" bundle set hps0 copies $((REPLY + 2)) ;;
		2) pick auto auto 4k 64k 1M && rule "$h" bundle set hps0 cutoff "$REPLY" ;;
		3) pick active active backup duplicate && rule "$h" link set "eth$i" role "$REPLY" ;;
		4) pick auto auto 1 3 10 && rule "$h" link set "eth$i" weight "$REPLY" ;;
		esac
		pick 0.1 0.3 0.7 1.5
		sleep "$REPLY"
	done
}

# rule HOST WORD...: what hpsctl shall do
rule() { in_ns "$1" hpsctl "${@:2}" 2>/dev/null && note "$5" "$*"; }

hosts() {
	local h
	ns_make a b || return
	for h in a b; do
		# an interface that goes down keeps its addresses
		in_ns $h sysctl -qw net.ipv6.conf.default.keep_addr_on_down=1 \
			net.ipv6.conf.all.keep_addr_on_down=1 || return
	done
	links $links rate 100mbit delay 50us && bundle $links
}

# start_server OPTION... PORT
start_server() {
	local port=${*: -1}
	ns_background b torture "${@:1:$#-1}" server "$port" >"$t_dir/server-$port" 2>&1
	wait_for 30 grep -q listening "$t_dir/server-$port"
}

# the log of workers or of a server has no failure
no_fail() { cat "$1"; ! grep -q FAIL "$1"; }

worker_ok() { grep "^worker $2: ok" "$1"; }

moved_at_both() { moved a "$1" 0 && moved b "$1" 0; }

t_ok "two hosts with $links links" hosts
t_ok "servers" eval "start_server 5001 && start_server -Q 5002"
echo "# seed $seed, $seconds s: HPS_SOAK_SEED=$seed HPS_SOAK_SECONDS=$seconds make soak"
: >"$events"
meddlers=() pids=()
for n in 1 2; do
	meddle $n &
	meddlers+=($!)
done
govern &
meddlers+=($!)
t_pids+=("${meddlers[@]}")
n=0
for how in "10.1.1.2 5001" "fd01:1::2 5001" "-Q 10.1.1.2 5002" "-Q fd01:1::2 5002"; do
	opt=()
	case $how in -Q*) opt=(-Q) how=${how#-Q } ;; esac
	# shellcheck disable=SC2086 # words
	in_ns a torture "${opt[@]}" -s $((seed + n)) -t "$seconds" -n 2 client $how >"$t_dir/client-$n" 2>&1 &
	pids+=($!)
	n=$((n + 1))
done
for p in "${pids[@]}"; do wait "$p"; done
kill "${meddlers[@]}"
wait "${meddlers[@]}" 2>/dev/null

names=("streams, IPv4" "streams, IPv6" "records, IPv4" "records, IPv6")
for ((i = 0; i < n; i++)); do
	sed "s/^/# ${names[i]}: /" "$t_dir/client-$i"
	for w in 0 1; do
		t_ok "${names[i]}: every octet is right, row $w" worker_ok "$t_dir/client-$i" $w
	done
done
for p in 5001 5002; do t_ok "the server on $p saw no error" no_fail "$t_dir/server-$p"; done
# what the run is worth: how often what happened
awk '{ n[$2]++ } END { for (k in n) printf "# %d x %s\n", n[k], k }' "$events"
[ ! -s "$events.errors" ] || sort "$events.errors" | uniq -c | sed 's/^/# /' | head -n 20
t_ok "how links are used did change" grep -qE ' (policy|copies|cutoff|role|weight) ' "$events"
t_ok "links did go down and fall silent" eval "grep -q ' down ' '$events' && grep -q ' silent ' '$events'"
t_ok "the links carried it" moved_at_both HpsJoinOk
t_ok "no link was left behind" eval "! grep ' unable ' '$events'"
t_ok "the kernel's log is clean" log_clean
if [ $t_failures != 0 ]; then
	echo "# the last events:"
	tail -n 40 "$events" | sed 's/^/# /'
fi
t_done
