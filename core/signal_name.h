/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of signals, for messages. */
#ifndef PAGURUS_CORE_SIGNAL_NAME_H
#define PAGURUS_CORE_SIGNAL_NAME_H

/* "SEGV" for 11, "RT" for a real-time signal; "?" for what is none. */
const char *signal_name(int signal);

#endif
