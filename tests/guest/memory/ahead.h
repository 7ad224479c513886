/* SPDX-License-Identifier: BSD-2-Clause */
/* A part of test-memory of its own: with the words behind "ahead". Returns the exit status. */
int ahead(int argc, char **argv);
