// SPDX-License-Identifier: BSD-2-Clause
/* Formatted text (lib/fmt.h), with C's meaning of every flag, width and precision. */
#include "lib/fmt.h"
#include "lib/string.h"

#define INT_CHARS 24 /* digits of a 64-bit number in decimal, with room */
#define SYMBOL_CHARS 128

typedef void (*sink_fn)(void *ctx, const char *text, size_t len);

struct out {
	sink_fn sink;
	void *ctx;
	size_t total;
};

/* One conversion, as read from the format. */
struct spec {
	bool left, zero, plus, blank, alternate;
	int width;
	int precision; /* -1: none given */
	int size;      /* bytes of the integer argument */
	char conversion;
};

static int (*symbolizer)(char *buf, size_t size, uintptr_t address);

void fmt_set_symbolizer(int (*symbolize)(char *buf, size_t size, uintptr_t address))
{
	symbolizer = symbolize;
}

static void emit(struct out *out, const char *text, size_t len)
{
	if (len)
		out->sink(out->ctx, text, len);
	out->total += len;
}

/* Emits c n times; n <= 0: nothing. */
static void emit_fill(struct out *out, char c, int n)
{
	static const char blanks[] = "                ", zeros[] = "0000000000000000";
	const char *from = c == '0' ? zeros : blanks;

	for (; n > 0; n -= (int)sizeof(blanks) - 1)
		emit(out, from, MIN((size_t)n, sizeof(blanks) - 1));
}

/* Emits text in the field that spec describes. */
static void emit_field(struct out *out, const struct spec *spec, const char *text, size_t len)
{
	int room = len < (size_t)spec->width ? spec->width - (int)len : 0;

	if (!spec->left)
		emit_fill(out, ' ', room);
	emit(out, text, len);
	if (spec->left)
		emit_fill(out, ' ', room);
}

static void emit_string(struct out *out, const struct spec *spec, const char *s)
{
	if (!s)
		s = "(null)";
	emit_field(out, spec, s, spec->precision < 0 ? strlen(s) : strnlen(s, (size_t)spec->precision));
}

/* Emits prefix (sign or 0x) and the digits of value in the field. */
static void emit_number(struct out *out, const struct spec *spec, uint64_t value,
                        const char *prefix)
{
	const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned base = spec->conversion == 'x' || spec->conversion == 'X' ? 16 : 10;
	char buf[INT_CHARS], *p = buf + sizeof(buf);
	int len, prefix_len = (int)strlen(prefix), zeros, room;

	for (; value; value /= base)
		*--p = digits[value % base];
	len = (int)(buf + sizeof(buf) - p);

	/* A number has at least `precision` digits, one where that is not given. */
	zeros = (spec->precision < 0 ? 1 : spec->precision) - len;
	zeros = MAX(zeros, 0);
	room = spec->width - len - prefix_len;
	if (spec->zero && !spec->left && spec->precision < 0)
		zeros = MAX(zeros, room);
	room -= zeros;

	if (!spec->left)
		emit_fill(out, ' ', room);
	emit(out, prefix, (size_t)prefix_len);
	emit_fill(out, '0', zeros);
	emit(out, p, (size_t)len);
	if (spec->left)
		emit_fill(out, ' ', room);
}

static void emit_signed(struct out *out, const struct spec *spec, int64_t value)
{
	const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->blank ? " " : "";

	emit_number(out, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, sign);
}

static void emit_unsigned(struct out *out, const struct spec *spec, uint64_t value)
{
	const char *prefix = "";

	if (spec->alternate && value && spec->conversion != 'u')
		prefix = spec->conversion == 'X' ? "0X" : "0x";
	emit_number(out, spec, value, prefix);
}

static void emit_pointer(struct out *out, struct spec *spec, uintptr_t address, bool symbolic)
{
	char name[SYMBOL_CHARS];

	if (symbolic && symbolizer) {
		int len = symbolizer(name, sizeof(name), address);

		if (len > 0) {
			emit_field(out, spec, name, MIN((size_t)len, sizeof(name) - 1));
			return;
		}
	}
	spec->conversion = 'x';
	emit_number(out, spec, address, "0x");
}

/* Reads flags. Returns where they end. */
static const char *read_flags(struct spec *spec, const char *f)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->blank = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return f;
		}
	}
}

/* Reads a decimal number, which stays below INT_MAX / 2 (longer ones stop growing). */
static const char *read_number(int *value, const char *f)
{
	int v = 0;

	for (; *f >= '0' && *f <= '9'; f++)
		if (v < 100000000)
			v = v * 10 + (*f - '0');
	*value = v;
	return f;
}

/* Reads a length modifier. Returns where it ends. */
static const char *read_length(struct spec *spec, const char *f)
{
	spec->size = sizeof(int);
	switch (*f) {
	case 'h':
		spec->size = f[1] == 'h' ? sizeof(char) : sizeof(short);
		return f[1] == 'h' ? f + 2 : f + 1;
	case 'l':
		spec->size = sizeof(long);
		return f[1] == 'l' ? f + 2 : f + 1;
	case 'z':
	case 'j':
	case 't':
		spec->size = sizeof(long);
		return f + 1;
	default:
		return f;
	}
}

/* A va_list that can be handed down by reference wherever it came from. */
struct arguments {
	va_list list;
};

/* Reads the conversion whose '%' lies before f. Returns where it ends: at its last character. */
static const char *read_spec(struct spec *spec, const char *f, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	f = read_flags(spec, f);
	if (*f == '*') {
		spec->width = va_arg(args->list, int);
		if (spec->width < 0) {
			spec->left = true;
			spec->width = -spec->width;
		}
		f++;
	} else {
		f = read_number(&spec->width, f);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			spec->precision = va_arg(args->list, int);
			f++;
		} else {
			f = read_number(&spec->precision, f);
		}
	}
	f = read_length(spec, f);
	spec->conversion = *f;
	return f;
}

static int64_t signed_argument(const struct spec *spec, struct arguments *args)
{
	if (spec->size == sizeof(long))
		return va_arg(args->list, long);
	if (spec->size == sizeof(short))
		return (short)va_arg(args->list, int);
	if (spec->size == sizeof(char))
		return (signed char)va_arg(args->list, int);
	return va_arg(args->list, int);
}

static uint64_t unsigned_argument(const struct spec *spec, struct arguments *args)
{
	uint64_t value = (uint64_t)signed_argument(spec, args);

	return spec->size == sizeof(long) ? value : value & (BIT(spec->size * 8) - 1);
}

/* Emits one conversion. Returns false where it is none that we know. */
static bool convert(struct out *out, struct spec *spec, struct arguments *args, bool symbolic)
{
	char c;

	switch (spec->conversion) {
	case 'd':
	case 'i':
		emit_signed(out, spec, signed_argument(spec, args));
		return true;
	case 'u':
	case 'x':
	case 'X':
		emit_unsigned(out, spec, unsigned_argument(spec, args));
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		emit_field(out, spec, &c, 1);
		return true;
	case 's':
		emit_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'p':
		emit_pointer(out, spec, va_arg(args->list, uintptr_t), symbolic);
		return true;
	case '%':
		emit(out, "%", 1);
		return true;
	default:
		return false;
	}
}

int fmt_vprint(sink_fn sink, void *ctx, const char *fmt, va_list list)
{
	struct out out = { .sink = sink, .ctx = ctx };
	struct arguments args;
	struct spec spec;

	va_copy(args.list, list);
	while (*fmt) {
		const char *start = fmt;
		bool symbolic;

		while (*fmt && *fmt != '%')
			fmt++;
		emit(&out, start, (size_t)(fmt - start));
		if (!*fmt)
			break;

		start = fmt;
		fmt = read_spec(&spec, fmt + 1, &args);
		symbolic = spec.conversion == 'p' && fmt[1] == 'S';
		if (symbolic)
			fmt++;
		if (*fmt)
			fmt++;
		/* What is no conversion is printed as it stands, so that the mistake shows. */
		if (!convert(&out, &spec, &args, symbolic))
			emit(&out, start, (size_t)(fmt - start));
	}
	va_end(args.list);
	return out.total > INT32_MAX ? INT32_MAX : (int)out.total;
}

struct buffer {
	char *next;
	size_t room; /* bytes left, the NUL's not counted */
};

static void buffer_sink(void *ctx, const char *text, size_t len)
{
	struct buffer *buffer = ctx;
	size_t n = MIN(len, buffer->room);

	memcpy(buffer->next, text, n);
	buffer->next += n;
	buffer->room -= n;
}

int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	char none;
	struct buffer buffer = { .next = size ? buf : &none, .room = size ? size - 1 : 0 };
	int len = fmt_vprint(buffer_sink, &buffer, fmt, args);

	*buffer.next = '\0';
	return len;
}

int fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = fmt_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
