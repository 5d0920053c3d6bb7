# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Messages that host b echoes to host a (policy.py), under a policy of both. Sourced,
# behind links.sh.
command -v python3 >/dev/null || t_skip "no python3"

echo_server() {
	ns_background b python3 "${BASH_SOURCE[0]%/*}/policy.py" server 6001 >"$t_dir/echo" 2>&1
	wait_for 20 grep -q listening "$t_dir/echo"
}

# talk NAME=VALUE...: messages that are echoed
talk() { in_ns a timeout "$(slow 60)" python3 "${BASH_SOURCE[0]%/*}/policy.py" client 10.1.1.2 6001 "$@"; }

set_policy() { in_ns a hpsctl bundle set hps0 "$@" && in_ns b hpsctl bundle set hps0 "$@"; }
