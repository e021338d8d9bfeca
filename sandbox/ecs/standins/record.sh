# Sourced by each stand-in: one line per call in the instance's log, quoted as a shell would want it.
{ printf '%q ' "${0##*/}" "$@" && echo; } >> /var/log/calls.log
