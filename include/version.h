/* SPDX-License-Identifier: BSD-2-Clause */
/* The release, for reports and uname. */
#ifndef PAGURUS_VERSION_H
#define PAGURUS_VERSION_H

#define PAGURUS_VERSION "0.1.0"

#endif
