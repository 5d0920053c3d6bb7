# SPDX-License-Identifier: GPL-2.0
# bash completion of hpsctl

# names in a list of hpsctl: __hpsctl_names bundle|link FIELD
__hpsctl_names()
{
	hpsctl "$1" show 2>/dev/null | sed -n "$2"
}

_hpsctl()
{
	local cur prev words cword
	local interface='s/^[0-9]*: \([^:]*\):.*/\1/p'
	local object='' command='' word choice=

	_init_completion || return

	for word in "${words[@]:1:cword-1}"; do
		case $word in
		-*) ;;
		*)
			if [ -z "$object" ]; then
				object=$word
			elif [ -z "$command" ]; then
				command=$word
			fi
			;;
		esac
	done

	if [[ $cur == -* ]]; then
		choice="-j -p -s -h --json --pretty --statistics --help"
		[ "$object" != stats ] || choice="--nonzero"
		[ "$object" != tune ] || choice="--set"
	else
		case $object,$command,$prev in
		,*) choice="bundle link conn peer acl stats explain top tune monitor" ;;
		bundle,,*) choice="show set" ;;
		link,,*) choice="show add del set" ;;
		acl,,*) choice="show add del" ;;
		stats,,*) choice="show histogram" ;;
		conn,,* | peer,,*) choice=show ;;
		*,*,policy) choice="auto single stripe duplicate" ;;
		*,*,cutoff) choice="auto 16k 64k 256k 1M" ;;
		bundle,show,show | bundle,set,set | link,add,bundle)
			choice=$(__hpsctl_names bundle "$interface") ;;
		*,*,role) choice="active backup duplicate" ;;
		*,*,weight) choice="auto 1 2 4 8" ;;
		*,*,copies) choice="2 3 4" ;;
		bundle,set,*) choice="cutoff policy copies" ;;
		link,show,show | link,del,del | link,set,set)
			choice=$(__hpsctl_names link "$interface") ;;
		link,add,add)
			_available_interfaces
			return ;;
		link,add,*) choice=bundle ;;
		link,set,*) choice="role weight" ;;
		conn,*,state | explain,*,state)
			choice="opening established fin-wait-1 fin-wait-2
				close-wait last-ack closed listening all" ;;
		conn,*,dev | explain,*,dev)
			_available_interfaces
			return ;;
		conn,*,sport | conn,*,dport | conn,*,src | conn,*,dst | \
		conn,*,uid | conn,*,inode | conn,*,pid | conn,*,fd | \
		explain,*,sport | explain,*,dport | explain,*,src | \
		explain,*,dst | explain,*,uid | explain,*,inode | \
		explain,*,pid | explain,*,fd) ;;
		top,*,interval) choice="0.1 1 5" ;;
		top,*,count) ;;
		top,*) choice="interval count" ;;
		tune,,*) choice=$(__hpsctl_names bundle "$interface") ;;
		tune,*,max) choice="64k 1M 4M 16M" ;;
		tune,*,time) choice="5 10 60" ;;
		tune,*,*)
			if [ "$prev" = "$command" ]; then
				_known_hosts_real -- "$cur"
				return
			fi
			choice="max time --set" ;;
		conn,show,* | explain,*)
			choice="state dev uid inode sport dport src dst pid fd"
			choice+=" "
			choice+=$(__hpsctl_names conn 's/^\([0-9a-f]\{16\}\) .*/\1/p') ;;
		acl,del,del)
			choice=$(__hpsctl_names acl 's/^\([0-9]*\):.*/\1/p') ;;
		acl,add,allow | acl,add,deny) choice="from port" ;;
		stats,show,*)
			choice=$(__hpsctl_names stats 's/^\(Hps[A-Za-z]*\).*/\1/p') ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$cur")
}
complete -F _hpsctl hpsctl
