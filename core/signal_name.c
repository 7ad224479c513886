/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's signals on x86-64, by number. */
#include "core/signal_name.h"

#include "include/types.h"

static const char names[][7] = {
	"?",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

const char *signal_name(int signal)
{
	if (signal >= (int)ARRAY_SIZE(names))
		return "RT";
	return names[signal > 0 ? signal : 0];
}
