# SPDX-License-Identifier: GPL-2.0
# bash completion of hpscp

_hpscp()
{
	local cur prev words cword
	local common="--port --proto --key --timeout --quiet --help -4 -6"
	local client="--range --times --checksum --direct --json"
	local serve="--bind --rw --max-clients"
	local word command=

	_init_completion -n : || return

	case $prev in
	--proto)
		mapfile -t COMPREPLY < <(compgen -W "hps tcp mptcp" -- "$cur")
		return ;;
	--checksum)
		mapfile -t COMPREPLY < <(compgen -W "sha256 poly1305" -- "$cur")
		return ;;
	--key)
		_filedir
		return ;;
	-p | --port | --timeout | --range | --max-clients)
		return ;;
	--bind)
		_known_hosts_real -- "$cur"
		return ;;
	esac

	for word in "${words[@]:1:cword-1}"; do
		case $word in
		get | put | serve) command=$word ;;
		esac
	done

	if [[ $cur == -* ]]; then
		case $command in
		get | put) mapfile -t COMPREPLY < <(compgen -W "$common $client" -- "$cur") ;;
		serve) mapfile -t COMPREPLY < <(compgen -W "$common $serve" -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W "$common $client $serve" -- "$cur") ;;
		esac
		return
	fi
	case $command in
	'') mapfile -t COMPREPLY < <(compgen -W "get put serve" -- "$cur") ;;
	serve) _filedir -d ;;
	*) _filedir ;;
	esac
}
complete -F _hpscp hpscp
