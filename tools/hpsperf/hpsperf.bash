# SPDX-License-Identifier: GPL-2.0
# bash completion of hpsperf

_hpsperf()
{
	local cur prev words cword
	local common="--port --proto --seqpacket --timeout --help -4 -6"
	local client="--json --cpu --time"
	local rounds="--sizes --rounds --warmup"
	local pingpong="$rounds --every --samples --posted"
	local hotspot="$rounds --clients"
	local atomic="--rounds --warmup --depth"
	local copy="--sizes $atomic"
	local stream="--bytes --write --interval --nodelay"
	local streams="--streams --write --nodelay"
	local server="--bind --max-clients"
	local word command=

	_init_completion -n : || return

	case $prev in
	--proto)
		mapfile -t COMPREPLY < <(compgen -W "hps tcp mptcp" -- "$cur")
		return ;;
	-p | --port | --timeout | --time | --sizes | --rounds | --warmup | \
	--bytes | --write | --interval | --max-clients | --every | --streams | \
	--clients | --depth)
		return ;;
	--bind)
		_known_hosts_real -- "$cur"
		return ;;
	esac

	for word in "${words[@]:1:cword-1}"; do
		case $word in
		server | pingpong | stream | multistream | hotspot | fanout | fanin | \
		write | read | atomic)
			command=$word ;;
		esac
	done

	if [[ $cur == -* ]]; then
		case $command in
		server) common+=" $server" ;;
		pingpong) common+=" $client $pingpong" ;;
		stream) common+=" $client $stream" ;;
		hotspot) common+=" $client $hotspot" ;;
		multistream | fanout | fanin) common+=" $client $streams" ;;
		write | read) common+=" $client $copy" ;;
		atomic) common+=" $client $atomic" ;;
		*) common+=" $client $pingpong $hotspot $stream $streams $copy $server" ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$common" -- "$cur")
		return
	fi
	case $command in
	'') mapfile -t COMPREPLY < <(compgen -W "server pingpong stream multistream hotspot fanout fanin write read atomic" -- "$cur") ;;
	pingpong | stream | multistream | hotspot | fanout | fanin | write | read | atomic) _known_hosts_real -- "$cur" ;;
	esac
}
complete -F _hpsperf hpsperf
