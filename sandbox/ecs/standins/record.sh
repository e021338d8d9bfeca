# Sourced by each stand-in: logs the call in one line, quoted for a shell.
{ printf '%q ' "${0##*/}" "$@" && echo; } >> /var/log/calls.log
