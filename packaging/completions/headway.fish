# SPDX-License-Identifier: MIT
function __headway_complete
    set -l words (commandline -opc)
    set -l candidates ($words[1] __complete $words[2..] (commandline -ct) 2>/dev/null)
    switch "$candidates[1]"
        case :files
            __fish_complete_path (commandline -ct)
        case :commands
            __fish_complete_command
        case '*'
            string join \n -- $candidates
    end
end
complete -c headway -f -a '(__headway_complete)'
