#!/usr/bin/env bash
# Every verb of this project. Without one: builds and serves the page at http://localhost:8080.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) # the rest stays in the folder of whoever calls: that is what relative names mean

CONFIGURATION=Release
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

help() {
    cat <<'TEXT'
./run.sh                     build and serve; the page is at http://localhost:8080
./run.sh --port 9000         the same with settings (./run.sh --help-settings lists them)
./run.sh test                all tests; ends with "N passed, N failed, N skipped"
./run.sh test --long         the same, with the slow suites in their long form
./run.sh check               layout, analyzers, types of the scripts, and that the client's one file is up to date and not too large
./run.sh generate            makes the JavaScript client's one file, and its types, from its sources
./run.sh mutants             breaks each client in known ways and says which tests notice; --list, or names of mutants
./run.sh replay FILE         plays a script against a server it starts, or --url ws://host:port/ws
./run.sh replay --trace FILE plays a recorded session of people who write a text, through clients and sockets, and compares its end
./run.sh load                headless clients against a server it starts, or --url; checks every event; --help lists its options
./run.sh bench               lists the benches; ./run.sh bench NAME [--short | --long] measures, beside other servers where it compares
./run.sh tail PROJECT        follows the events of a project, --from 0 from the first on, --json as lines of JSON
./run.sh record PROJECT -o FILE.jsonl   writes what happened as a script for replay, from a server or with --data FOLDER
./run.sh verify DATA         checks every line of every journal in a data folder; exit code 0 good, 1 damaged
./run.sh repair DATA PROJECT says what can be kept of a damaged project, and keeps it with --yes
./run.sh page -o board.html  the page as one file that works when opened from disk
./run.sh publish             a folder and single files of server and tools to be copied to another machine; --output FOLDER (artifacts/publish)
./run.sh help                this text

Needed: the .NET SDK 10. For the tests also Node.js 18 or newer, Chromium, strace and jq; on Debian and Ubuntu `./run.sh test`
installs these if it may (as root or with sudo), else it says what to install. Tests that mount a small disk run as root only.
For the servers that `bench` compares with, and only for them: node, npm and cc. What is missing is named in its report.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

die() { say "$*"; exit 1; }

# Not 1: that is what `verify` and `replay` say when they ran and something is wrong.
cannot() { say "$*"; exit 2; }

need_dotnet() {
    command -v dotnet >/dev/null || apt_install dotnet-sdk-10.0 2>/dev/null || cannot "The .NET SDK 10 is missing. Get it at https://dotnet.microsoft.com/download/dotnet/10.0 (Debian, Ubuntu: package dotnet-sdk-10.0)."
    (cd "$ROOT" && dotnet --version) >/dev/null 2>&1 || cannot "The installed .NET SDK is too old for global.json: version 10 is needed, from https://dotnet.microsoft.com/download/dotnet/10.0."
}

# Debian packages, where this machine and this user can install them.
apt_install() {
    command -v apt-get >/dev/null || return 1
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
        as_root=(sudo)
    fi
    say "Installing $* ..."
    "${as_root[@]}" apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$@" >/dev/null
}

has_node() { command -v node >/dev/null && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18')" = true ]; }

need_node() {
    has_node && command -v npm >/dev/null || apt_install nodejs npm && has_node ||
        { say "Node.js 18 or newer is missing (https://nodejs.org, or package nodejs and npm)."; return 1; }
    [ -d Tests/Web/node_modules/typescript ] && [ -d Tests/Web/node_modules/@types/ws ] && [ -d Tests/Web/node_modules/esbuild ] && [ -d Tests/Web/node_modules/node ] ||
        (cd Tests/Web && npm install --no-package-lock --no-fund --no-audit --silent >&2) ||
        { say "npm could not install what Tests/Web/package.json names."; return 1; }
}

need_chromium() {
    export CHROMIUM="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"
    [ -n "$CHROMIUM" ] && return 0
    apt_install chromium && CHROMIUM=$(command -v chromium) && return 0
    say "Chromium is missing: install it, or name a browser by CHROMIUM=/path/to/chromium."
    return 1
}

need_strace() {
    [ "$(uname)" = Linux ] || { say "The tests with strace need Linux."; return 1; }
    command -v strace >/dev/null || apt_install strace && return 0
    say "strace is missing: install the package of that name."
    return 1
}

need_jq() {
    command -v jq >/dev/null || apt_install jq && return 0
    say "jq is missing: install the package of that name."
    return 1
}

# Prints nothing unless it fails. In the project's folder, for that is where global.json is looked for.
build() {
    local told
    told=$(cd "$ROOT" && dotnet build "$1" -c $CONFIGURATION -v quiet "-clp:ErrorsOnly;NoSummary" -nowarn:NU1603 2>&1 </dev/null) || { say "$told"; return 1; }
}

server() {
    need_dotnet
    build Server || cannot "The server cannot be built."
    exec dotnet "$ROOT/Server/bin/$CONFIGURATION/net10.0/EventOnly.Server.dll" "$@"
}

# Serves from the project's folder, so that data/ is there from wherever it is called; a folder that is named is meant from where the caller is.
serve() {
    local arguments=() previous="" argument
    for argument in "$@"; do
        case "$previous $argument" in
            "--data /"* | *" --data=/"*) ;;
            "--data "*) argument=$PWD/$argument ;;
            *" --data="*) argument=--data=$PWD/${argument#--data=} ;;
        esac
        arguments+=("$argument")
        previous=$argument
    done
    cd "$ROOT"
    server ${arguments[@]+"${arguments[@]}"}
}

tool() {
    need_dotnet
    build Tools || cannot "The tools cannot be built."
    case "$1" in replay | load) build Server || cannot "The server cannot be built." ;; esac
    exec dotnet "$ROOT/Tools/bin/$CONFIGURATION/net10.0/EventOnly.Tools.dll" "$@"
}

# One form of the server and the tools: publish_form FOLDER [PROPERTY...]
publish_form() {
    local folder=$1 project told
    shift
    rm -rf "$folder"
    for project in Server Tools; do
        # Without analyzers: they had their say in the build.
        told=$(cd "$ROOT" && dotnet publish $project -c $CONFIGURATION --use-current-runtime --no-self-contained -o "$folder" -v quiet --nologo \
            "-clp:ErrorsOnly;NoSummary" -nowarn:NU1603 -p:RunAnalyzers=false -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false "$@" 2>&1 </dev/null) || { say "$told"; return 1; }
    done
}

publish() {
    need_dotnet
    local output=$ROOT/artifacts/publish ready=-p:PublishReadyToRun=true form
    case "${1:-} ${2:-}" in
        " ") ;;
        "--output "?*) output=$2 ;;
        "--output="*) output=${1#--output=} ;;
        *) cannot "'$1' is not known: ./run.sh publish [--output FOLDER]" ;;
    esac
    mkdir -p "$output" && output=$(cd "$output" && pwd) || cannot "There can be no folder '$output'."
    # What is there is replaced, so it must be publish's own: that is what the empty file says. (artifacts/ is nobody else's.)
    for form in folder single; do
        [ ! -e "$output/$form" ] || [ -e "$output/.made-by-publish" ] || [ "$output" = "$ROOT/artifacts/publish" ] ||
            cannot "'$output/$form' was not made by publish, and would be replaced: name another folder, or remove it."
    done
    : >"$output/.made-by-publish" || cannot "Nothing can be written to '$output'."
    # Its compiler is a package, which an offline machine may not have: without it all works, and starts a little later.
    (cd "$ROOT" && dotnet restore Server --use-current-runtime $ready -v quiet -nowarn:NU1603) >/dev/null 2>&1 </dev/null || { say "The package of ReadyToRun cannot be had here: published without."; ready=; }
    publish_form "$output/folder" $ready || cannot "It cannot be published."
    publish_form "$output/single" $ready -p:PublishSingleFile=true -p:CopyOutputSymbolsToPublishDirectory=false -p:AllowedReferenceRelatedFileExtensions=none || cannot "It cannot be published."
    echo "$output/folder"
    echo "$output/single"
}

bench() {
    need_dotnet
    build Tests/Bench || exit 1
    case " $* " in *" start "* | *" all "*)
        rm -rf "$ROOT/artifacts/publish" # an old one must not be measured as if it were this one
        (publish >/dev/null) || say "The published forms are not measured: publishing failed." ;; # a row each
    esac
    exec dotnet "$ROOT/Tests/Bench/bin/$CONFIGURATION/net10.0/EventOnly.Bench.dll" "$@"
}

# A part that cannot run here counts as skipped; with EVENTONLY_STRICT=1 it counts as failed.
without() {
    if [ "${EVENTONLY_STRICT:-}" = 1 ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
}

# Adds up a number from each line that matches: count FILE PATTERN
count() { sed -nE "s/$2/\\1/p" "$1" | awk '{ n += $1 } END { print n + 0 }'; }

run_tests() {
    need_dotnet
    cd "$ROOT"
    local log passed=0 failed=0 skipped=0 status filter=()
    case "${1:-}" in
        "") ;;
        --long) export EVENTONLY_LONG=1 ;;
        *) die "'$1' is not known: ./run.sh test [--long]" ;;
    esac
    log=$(mktemp)
    trap "rm -f '$log'" EXIT
    build EventOnly.sln || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

    if need_node; then
        status=0
        node --test --test-reporter=tap Tests/Web/ >"$log" 2>&1 || status=$?
        passed=$(count "$log" '^# pass ([0-9]+)$')
        failed=$(count "$log" '^# fail ([0-9]+)$')
        skipped=$(count "$log" '^# skipped ([0-9]+)$')
        if [ $status -ne 0 ]; then
            grep -A 25 -E '^ *not ok' "$log" >&2 || cat "$log" >&2
            [ "$failed" -gt 0 ] || failed=1
        fi
        say "JavaScript: $passed passed, $failed failed"
        if [ "${EVENTONLY_LONG:-}" = 1 ]; then
            node Tests/Mutants/run.js >"$log" 2>&1 || true
            cat "$log" >&2
            passed=$((passed + $(grep -c ': killed by ' "$log" || true)))
            status=$(grep -c ': SURVIVED$' "$log" || true)
            # A mutant that cannot be made says so, and is a failure as well.
            grep -q '^Error\|Error: ' "$log" && status=$((status + 1))
            failed=$((failed + status))
        fi
    else
        without
        filter+=("Category!=Node")
    fi
    need_chromium || { without; filter+=("Category!=Browser"); }
    need_strace || { without; filter+=("Category!=Strace"); }
    need_jq || { without; filter+=("Category!=Jq"); }

    status=0
    dotnet test EventOnly.sln -c $CONFIGURATION --no-build --nologo \
        --filter "$(IFS='&'; echo "${filter[*]:-Category!=None}")" 2>&1 | grep --line-buffered -v NU1603 | tee "$log" >&2 || status=$?
    passed=$((passed + $(count "$log" '.*Passed: *([0-9]+), .*')))
    failed=$((failed + $(count "$log" '.*Failed: *([0-9]+), Passed.*')))
    skipped=$((skipped + $(count "$log" '.*Skipped: *([0-9]+), .*')))
    [ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

# The client as one file, and its types as another, in a folder: generate_to FOLDER
generate_to() {
    local client=$ROOT/Web/client parts
    parts=$(mktemp -d)
    "$ROOT/Tests/Web/node_modules/.bin/esbuild" "$client/eventonly.js" --bundle --format=esm --minify --target=es2022 --log-level=warning \
        --banner:js="// Made by ./run.sh generate: change the scripts beside it." --outfile="$1/eventonly.min.js" &&
        "$ROOT/Tests/Web/node_modules/.bin/tsc" -p "$client/tsconfig.types.json" --outDir "$parts" >&2 &&
        node "$ROOT/Tests/Web/declarations.js" "$parts" "$1/eventonly.d.ts"
    local status=$?
    rm -rf "$parts"
    return $status
}

generate() {
    cd "$ROOT"
    need_node || exit 2
    generate_to Web/client || die "The client's one file cannot be made."
    node Tests/Web/size.js --modules
}

# What is committed must be what its sources make, and no larger than agreed.
check_generated() {
    local made status=0
    made=$(mktemp -d)
    generate_to "$made" || status=1
    for file in eventonly.min.js eventonly.d.ts; do
        cmp -s "$made/$file" "Web/client/$file" || { say "Web/client/$file is not what its sources make: run './run.sh generate'."; status=1; }
    done
    rm -rf "$made"
    node Tests/Web/size.js >&2 || { say "The client is larger than agreed: see Tests/Web/size.js."; status=1; }
    return $status
}

mutants() {
    need_dotnet
    cd "$ROOT"
    need_node || exit 2
    node Tests/Mutants/run.js "$@"
}

check() {
    need_dotnet
    cd "$ROOT"
    build EventOnly.sln || die "The build has errors."
    dotnet format EventOnly.sln --no-restore --verify-no-changes --exclude-diagnostics NU1603 >&2 || die "Layout: run 'dotnet format EventOnly.sln'."
    need_node || exit 1
    for project in Web/client Web/app Tests/Web; do
        [ ! -f $project/tsconfig.json ] || Tests/Web/node_modules/.bin/tsc -p $project >&2 || die "Types: $project."
    done
    check_generated || die "Generated files."
    say "Clean."
}

case "${1:-}" in
    test) shift; run_tests "$@" ;;
    check) check ;;
    generate) generate ;;
    mutants) shift; mutants "$@" ;;
    bench) shift; bench "$@" ;;
    publish) shift; publish "$@" ;;
    load | replay | record | tail | page) tool "$@" ;;
    verify | repair) server "$@" ;;
    help | --help | -h) help ;;
    --help-settings) serve --help ;;
    "" | --*) serve "$@" ;;
    *) say "'$1' is not a verb."; help >&2; exit 2 ;;
esac
