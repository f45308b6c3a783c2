# bash completion for headway                                          -*- shell-script -*-
# SPDX-License-Identifier: MIT

_headway() {
  local line=${COMP_LINE:0:COMP_POINT} cur prefix candidate
  local -a words
  # Not as bash cuts them, which takes names with ":" and options with "=" apart.
  read -ra words <<<"$line"
  if [[ $line == *[[:space:]] ]]; then words+=(""); fi
  cur=${words[-1]}
  prefix=
  if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then prefix=${cur%"${cur##*:}"}; fi
  if [[ $COMP_WORDBREAKS == *=* && $cur == *=* && ${#cur} -gt ${#prefix} ]]; then
    candidate=${cur%"${cur##*=}"}
    if ((${#candidate} > ${#prefix})); then prefix=$candidate; fi
  fi

  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      :files)
        compopt -o default
        return
        ;;
      :commands)
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        return
        ;;
    esac
    candidate=${candidate%%$'\t'*}
    if [[ $candidate == *= ]]; then compopt -o nospace; fi
    COMPREPLY+=("${candidate#"$prefix"}")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _headway headway
