# The guard of one sandbox. It reads orders from its stdin, whose other end the lab holds. The pipe closes when the lab
# drops the sandbox and also when the lab is killed, so no process and no file outlives it either way.
trap '' HUP INT TERM
folder=$1
watched=
while read -r order pid; do
  case $order in
    watch) watched="$watched $pid" ;;
    forget)
      left=
      for one in $watched; do
        [ "$one" = "$pid" ] || left="$left $one"
      done
      watched=$left
      ;;
    keep) folder= ;;
  esac
done
for one in $watched; do
  kill -9 "$one" 2>/dev/null
done
# A killed process may still be writing for a moment.
tries=0
while [ -n "$folder" ] && [ -e "$folder" ] && [ "$tries" -lt 50 ]; do
  rm -rf "$folder" 2>/dev/null || sleep 0.1
  tries=$((tries + 1))
done
