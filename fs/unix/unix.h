/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_UNIX sockets, between the files that make them up. What is sent goes as packets straight into
 * the receiver's queue. A socket lives as long as its file or anybody who knows it: its peer, and
 * those that look it up by name. No two sockets' locks are held at a time. */
#ifndef PAGURUS_FS_UNIX_H
#define PAGURUS_FS_UNIX_H

#include "fs/socket/socket.h"
#include "lib/tree.h"

#define UNIX_PATH_MAX 108
#define UNIX_PATH_AT 2 /* where sun_path begins in a struct sockaddr_un */

struct inode;

/* An address that a socket is, or was, bound to. */
struct unix_name {
	uint32_t refs;
	struct socket_address address;
	int type;
	struct tree_node node;     /* abstract names */
	struct inode *inode;       /* paths; held while it is bound */
	struct unix_socket *owner; /* under the names' lock; NULL: not bound any more */
};

struct packet {
	struct list link;
	struct unix_name *name; /* the sender's; NULL: it had none */
	struct passed passed;
	uint32_t len, at; /* bytes, and how many of them have been read */
	char data[];
};

enum unix_state {
	UNIX_FRESH,
	UNIX_LISTENING,
	UNIX_CONNECTED
};

struct unix_socket {
	struct socket socket;
	uint32_t refs;
	enum unix_state state;
	struct mutex read_turn;    /* who takes packets out, or looks at them */
	struct wait_queue readers; /* its lock guards all that follows, but for peers' names */
	struct wait_queue writers; /* who waits for room in packets, or in pending */
	struct unix_name *name;
	struct unix_socket *peer;      /* held */
	struct list packets;           /* struct packet */
	uint32_t count, bytes, charge; /* packets; bytes in them that are not read; what counts */
	struct list pending;           /* listening: connected sockets that wait for accept */
	uint32_t nr_pending, backlog;
	struct list link;       /* in pending of the socket that it was made for */
	struct list senders;    /* datagram sockets connected to this one */
	struct list sender;     /* in senders of the peer */
	struct ucred peer_self; /* SO_PEERCRED */
	bool shut_read, shut_write;
	bool closed;
	/* Under flight_lock (fs/unix/flight.c). */
	struct list flight; /* where it is found while it is in flight, */
	uint32_t in_flight; /* in so many messages */
	uint32_t outside;   /* of them, so many to others than candidates */
	bool candidate;
	struct list garbage;
};

static inline struct unix_socket *unix_of(struct socket *socket)
{
	return container_of(socket, struct unix_socket, socket);
}

static inline bool unix_is_datagram(const struct unix_socket *u)
{
	return u->socket.type == SOCK_DGRAM;
}

static inline void unix_hold(struct unix_socket *u)
{
	__atomic_fetch_add(&u->refs, 1, __ATOMIC_RELAXED);
}

/* fs/unix/unix.c. */
int unix_new(int type, struct unix_socket **u);
void unix_put(struct unix_socket *u);
/* The peer, held; NULL: there is none. */
struct unix_socket *unix_peer(struct unix_socket *u);
/* Wakes who waits to read from u, or to write to it. */
void unix_wake_readers(struct unix_socket *u, uint32_t events);
void unix_wake_writers(struct unix_socket *u);
/* Registers the family. Called once. */
void unix_init(void);

/* fs/unix/name.c. */
int unix_bind(struct socket *socket, const struct socket_address *address);
/* A free abstract name, for who has none. */
int unix_bind_any(struct unix_socket *u);
/* The socket that is bound to the address, held; type: of whom an abstract name is. Returns 0,
 * -ENOENT, -ECONNREFUSED, ... */
int unix_find(const struct socket_address *address, int type, struct unix_socket **u);
void unix_unbind(struct unix_socket *u);
int unix_name_of(struct socket *socket, bool peer, struct socket_address *address);
void unix_name_put(struct unix_name *name);
/* u's name, held; NULL: none. */
struct unix_name *unix_name_get(struct unix_socket *u);

/* fs/unix/connect.c. */
int unix_connect(struct socket *socket, const struct socket_address *address, bool wait);
int unix_listen(struct socket *socket, int backlog);
int unix_accept(struct socket *socket, bool wait, struct socket **accepted);
int unix_pair(struct socket *a, struct socket *b);
int unix_shutdown(struct socket *socket, int how);
/* u's file is gone: tells its peer. */
void unix_hang_up(struct unix_socket *u, bool unread);

/* fs/unix/packet.c: the queue. */

/* A packet with len bytes of the message, and with what goes along if first. Returns 0, -ENOMEM,
 * -ENOBUFS or -EFAULT. */
int packet_new(struct unix_socket *from, struct message *m, size_t len, bool first,
               struct packet **packet);
void packet_free(struct packet *packet);
/* Puts it into to's queue, which takes it over. Returns 0, or -EPIPE: nobody will read it. */
int packet_push(struct unix_socket *to, struct packet *packet);
/* Is there room for what from sends? */
bool packet_room(const struct unix_socket *from, const struct unix_socket *to);
/* Sleeps until there is, or to is closed. Returns 0, -EINTR, -EAGAIN (timeout, or may not sleep). */
int packet_wait_room(struct unix_socket *from, struct unix_socket *to, const struct message *m);
/* The first packet, or the one behind after; NULL: none. read_turn is held. */
struct packet *packet_next(struct unix_socket *u, const struct packet *after);
/* n bytes of the first packet have been read; all: it goes. read_turn is held. */
void packet_consume(struct unix_socket *u, struct packet *packet, uint32_t n, bool all);
/* All packets go. */
void packet_flush(struct unix_socket *u);
/* Sleeps until there is a packet. Returns 1: there may be; 0: there never will; -EAGAIN, -EINTR, or
 * the socket's error. */
int packet_wait(struct unix_socket *u, const struct message *m);
/* What goes along with a packet goes to the message. */
void packet_tell(struct unix_socket *u, struct packet *packet, struct message *m);

/* fs/unix/stream.c, fs/unix/datagram.c. */
long stream_send(struct socket *socket, struct message *m);
long stream_receive(struct socket *socket, struct message *m);
long datagram_send(struct socket *socket, struct message *m);
long datagram_receive(struct socket *socket, struct message *m);

#endif
