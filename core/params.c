// SPDX-License-Identifier: BSD-2-Clause
/* Splits the command line (core/params.h), in place: what quotes and escapes take up only shrinks. */
#include "core/params.h"

#include "include/errno.h"
#include "lib/string.h"

#define OPTION_PREFIX "pagurus."

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Cuts the next word off *line: quotes and escapes are undone, *line moves behind it.
 * Returns the word, NULL at the end of the line; *error is -EINVAL where a quote has no end. */
static char *next_word(char **line, int *error)
{
	char *in = *line, *out, *word, quote = 0;

	while (is_blank(*in))
		in++;
	if (!*in) {
		*line = in;
		return NULL;
	}
	for (word = out = in; *in && (quote || !is_blank(*in)); in++) {
		if (*in == quote)
			quote = 0;
		else if (!quote && (*in == '\'' || *in == '"'))
			quote = *in;
		else if (*in == '\\' && quote != '\'' && in[1])
			*out++ = *++in;
		else
			*out++ = *in;
	}
	*line = *in ? in + 1 : in;
	*out = '\0';
	if (quote)
		*error = -EINVAL;
	return word;
}

/* Is word NAME=... with a NAME that a shell would take? */
static bool is_assignment(const char *word)
{
	const char *p = word;

	while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' ||
	       (p > word && *p >= '0' && *p <= '9'))
		p++;
	return p > word && *p == '=';
}

static int append(char **list, unsigned *count, char *word)
{
	if (*count == PARAMS_MAX)
		return -E2BIG;
	list[(*count)++] = word;
	list[*count] = NULL;
	return 0;
}

int params_parse(struct params *params, char *line)
{
	bool only_arguments = false;
	int error = 0;
	char *word;

	params->argc = params->envc = params->optc = 0;
	params->argv[0] = params->envp[0] = params->opts[0] = NULL;
	while ((word = next_word(&line, &error)) && !error) {
		if (only_arguments)
			error = append(params->argv, &params->argc, word);
		else if (strcmp(word, "--") == 0)
			only_arguments = true;
		else if (strncmp(word, OPTION_PREFIX, sizeof(OPTION_PREFIX) - 1) == 0)
			error = append(params->opts, &params->optc, word + sizeof(OPTION_PREFIX) - 1);
		else if (is_assignment(word))
			error = append(params->envp, &params->envc, word);
		else
			error = append(params->argv, &params->argc, word);
		if (error)
			break;
	}
	return error;
}

const char *params_option(const struct params *params, const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = params->optc; i-- > 0;) {
		const char *option = params->opts[i];

		if (strncmp(option, name, len) == 0 && option[len] == '=')
			return option + len + 1;
		if (strcmp(option, name) == 0)
			return "";
	}
	return NULL;
}
