#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 300
#
# That `make bench` measures and judges: its logic, one case in real time, how
# results of parts are put together. Figures depend on the machine here.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v hpsperf >/dev/null || t_skip "hpsperf is not on PATH"
command -v gnuplot >/dev/null || t_skip "no gnuplot"

bench=$here/bench
new=$t_dir/new results=$t_dir/results
mkdir "$new" "$results"
export HPS_OUT=$new HPS_COMMIT=first HPS_COMMAND="make bench CASE=smoke"

measures() { "$bench/run" "$1"; }

# all peers, and no figure is missing
complete() {
	jq -e '[.runs[].peer] | unique == ["bond", "hps", "hps1", "mptcp", "tcp", "team"]' "$1" &&
		jq -e '[.runs[] | select(.error)] | length == 0' "$1" &&
		jq -e 'all(.runs[] | select(.test == "stream"); .figures.stream > 10 and .report.cpu.client.system_percent > 0
			and .counters.a["eth1.octets"] > 100000)' "$1"
}

two_links_carry() {
	jq -e 'any(.runs[]; .peer == "hps" and .test == "stream" and .counters.a["eth2.octets"] > 100000)' "$1"
}

reports() { "$bench/report" "$new" "$results" && cat "$results/bench.md"; }

shows() { jq -e '.cases | keys == ["even-2", "smoke"]' "$results/bench.json"; }

# what was measured before stays, with its commit
merges() {
	rm "$new"/*
	jq '.name = "even-2" | .commit = "second"' "$results/smoke.json" >"$new/even-2.json"
	reports && shows && grep -q '| first |.*| smoke |' "$results/bench.md" &&
		grep -q '| second |.*| even-2 |' "$results/bench.md"
}

misses() { grep -q '| 3 | even-2 | ping-pong.*\*\*MISS (no figure)\*\* |$' "$results/bench.md"; }

# outages that a slow machine does not miss; whether the figures are good only virtual time says
fails_links() {
	local check=()
	[ "${HPS_VIRTUAL_TIME:-0}" != 1 ] || check=(--check)
	HPS_TRIALS=3 HPS_TRIALS_SEED=2 "$bench/run" "${check[@]}" trials &&
		jq -e '.runs[0].figures.trials == 3 and
			all(.runs[0].trials[]; .figures."gap ms" > 0)' "$new/trials.json"
}

noise_fills() {
	local before
	before=$(carried a eth1)
	in_ns a timeout 1 noise eth1 60
	echo "$(($(carried a eth1) - before)) octets"
	[ $(($(carried a eth1) - before)) -gt 4000000 ] && [ $(($(carried a eth1) - before)) -lt 8500000 ]
}

t_ok "what judges figures" "$bench/logic_test.py"
t_refused "a case that there is not" "not a case: nothing" "$bench/run" nothing
t_ok "a case is measured" measures smoke
t_ok "for all peers" complete "$new/smoke.json"
t_ok "HPS over both links" two_links_carry "$new/smoke.json"
t_ok "it is reported" reports
cp "$new/smoke.json" "$results/"
t_ok "another part is put to it" merges
t_ok "a bar without a figure is a miss" misses
t_ok "links fail by chance" fails_links
ns_make a b && link 1
t_ok "noise has its rate" noise_fills
t_ok "the kernel's log is clean" log_clean
t_done
