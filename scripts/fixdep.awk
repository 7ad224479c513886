# SPDX-License-Identifier: BSD-2-Clause
# Turns the dependency file that the compiler wrote into one where an object depends on the
# configuration options that its sources name (include/config/OPTION.h, which scripts/kconfig.py
# touches when the option changes) and not on all of autoconf.h.
#
# usage: awk -v out=OUTPUT_FOLDER -f fixdep.awk FILE.d > FILE.dep
{
	sub(/\\$/, "")
	for (i = 1; i <= NF; i++)
		word[n++] = $i
}

END {
	printf "%s", word[0]
	for (i = 1; i < n; i++) {
		file = word[i]
		if (file ~ /\/generated\/autoconf\.h$/)
			continue
		if (i > 1) # word[1] is the source itself: the rule names it
			printf " \\\n %s", file
		while ((getline line < file) > 0)
			while (match(line, /CONFIG_[A-Z0-9_]+/)) {
				option[substr(line, RSTART + 7, RLENGTH - 7)] = 1
				line = substr(line, RSTART + RLENGTH)
			}
		close(file)
	}
	# An option that was never set has no file yet: $(wildcard) leaves it out until it has.
	for (name in option) {
		path = tolower(name)
		gsub(/_/, "/", path)
		printf " \\\n $(wildcard %s/include/config/%s.h)", out, path
	}
	print "\n"
	# A header that is deleted must not stop make.
	for (i = 2; i < n; i++)
		if (word[i] !~ /\/generated\/autoconf\.h$/)
			print word[i] ":"
}
