#!/bin/sh
# Fetches Redoc's bundle from npm into this directory: `make generate/redoc`.
#
# The package is pinned by version and digest. The bundle is unchanged except for the
# address of the logo, which it would otherwise load from another host.
set -eu

version=2.5.4
sha512=M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ==
logo=https://cdn.redoc.ly/redoc/logo-mini.svg

target=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm pack --silent "redoc@$version" >/dev/null
digest=$(openssl dgst -sha512 -binary "redoc-$version.tgz" | openssl base64 -A)
if [ "$digest" != "$sha512" ]; then
	echo "redoc $version has another digest than the pinned one: $digest" >&2
	exit 1
fi
tar xzf "redoc-$version.tgz"

bundle=package/bundles/redoc.standalone.js
grep -q "$logo" "$bundle" || { echo "redoc $version has its logo elsewhere: look for other hosts in it" >&2; exit 1; }
sed -e "s#$logo#data:,#" -e '/^\/\/# sourceMappingURL=/d' "$bundle" | gzip -9n >"$target/redoc.standalone.js.gz"
cp package/LICENSE "$target/LICENSE"
cp "$bundle.LICENSE.txt" "$target/THIRD-PARTY-LICENSES.txt"
