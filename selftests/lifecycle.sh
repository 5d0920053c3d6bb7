#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
# timeout: 600
#
# The module comes and goes, whatever is open, pooled or still being closed.
# HPS_RELOADS: how often it is taken out (50, debug kernel 4).
# functions run through t_ok; numbers stand unquoted
# shellcheck disable=SC2317,SC2086,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module

# the debug kernel sees in one round what others may miss in many
reloads=50
[ "${HPS_KERNEL:-}" != debug ] || reloads=4
reloads=${HPS_RELOADS:-$reloads}

now() { echo $(($(date +%s%N) / 1000000)); }

# unloads: within a second from now. Where the host has other work, one in ten
# may take longer (rounds), but never 5 seconds: what the module waits for by
# mistake takes longer than that. On the debug kernel only that counts.
late=0
unloads() {
	local begin ms
	begin=$(now)
	until rmmod hps 2>/dev/null; do
		ms=$(($(now) - begin))
		[ $ms -lt 20000 ] || { echo "still loaded after $ms ms, refcnt $(cat /sys/module/hps/refcnt)"; return 1; }
	done
	ms=$(($(now) - begin))
	[ $ms -lt 1000 ] || { echo "took $ms ms"; late=$((late + 1)); }
	[ $ms -lt "$(slow 5000)" ]
}

busy() {
	run_in a stall traffic stall 127.0.0.1 5001
	said stall listening || return
	if rmmod hps 2>"$t_dir/busy"; then
		echo "was unloaded under an open socket"
		modprobe hps
		return 1
	fi
	grep -qi 'in use' "$t_dir/busy" || { cat "$t_dir/busy"; return 1; }
	end $pid
	unloads && modprobe hps
}

# One round; what is left of it when the last socket is closed is up to $1.
round() {
	local server
	bundle 2 || return
	run_in b server traffic server :: 5001
	server=$pid
	said server listening || return
	case $1 in
	pooled)
		ask a 10.1.1.2 5001 -d both -s 300000 -n 3 || return
		kill_all b
		wait $server 2>/dev/null
		;;
	finwait)
		# both ends close with data under way over links that are cut
		end $server
		run_in b stall traffic -n 2 stall 10.1.1.2 5001
		server=$pid
		said stall listening || return
		run_in a push1 traffic push 10.1.1.2 5001
		local p1=$pid
		run_in a push2 traffic push 10.1.1.2 5001
		local p2=$pid
		wait_for "$(slow 10)" eval "[ \$(grep -c accepted $t_dir/stall) = 2 ]" || return
		shape 1 loss 100% && shape 2 loss 100%
		end $p1 $p2
		end $server
		;;
	sending)
		run_in a pester1 pester 10.1.1.2 5001
		local p1=$pid
		run_in a pester2 pester 10.1.2.2 5001
		local p2=$pid
		wait_for "$(slow 10)" moved b HpsPassiveOpen 2 || return
		kill_all b
		wait $server 2>/dev/null
		;;
	esac
	unloads || return
	[ "$1" != sending ] || end $p1 $p2
	modprobe hps
	[ "$1" != finwait ] || { shape 1 delay 50us && shape 2 delay 50us; }
}

rounds() {
	local i
	late=0
	for ((i = 0; i < $2; i++)); do
		round "$1" && { [ "${HPS_KERNEL:-}" = debug ] ||
			[ $late -le $((($2 + 9) / 10)) ]; } && continue
		echo "in round $i"
		kill_all a b
		[ ! -d /sys/module/hps ] || wait_for 10 rmmod hps
		modprobe -q hps
		shape 1 delay 50us
		shape 2 delay 50us
		return 1
	done
}

ns_make a b || t_skip "cannot make namespaces"
links 2 delay 50us || t_skip "cannot make links"
t_ok "rmmod with an open socket is refused" busy
third=$(((reloads + 2) / 3))
t_ok "rmmod with channels pooled, $third times" rounds pooled $third
t_ok "rmmod with orphans in FIN_WAIT, $third times" rounds finwait $third
t_ok "rmmod with peers still sending, $third times" rounds sending $third
t_ok "the kernel's log is clean" log_clean
t_done
