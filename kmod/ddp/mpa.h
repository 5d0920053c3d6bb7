/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MPA: start-up frames, framing and checksum over TCP (RFC 5044). Pure codec.
 */
#ifndef _HPS_DDP_MPA_H
#define _HPS_DDP_MPA_H

#include <linux/crc32c.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "../wire.h"

/**
 * enum mpa_error - what is wrong with a start-up frame
 * @MPA_OK:		nothing
 * @MPA_ERR_KEY:	the key is not the one of the frame that was expected
 * @MPA_ERR_REVISION:	a revision other than MPA_REVISION (RFC 6581 has 2)
 * @MPA_ERR_MARKERS:	the peer wants markers, we have none
 * @MPA_ERR_PRIVATE:	more private data than MPA allows
 * @MPA_ERR_ENHANCED:	depths are announced and not there (bare only)
 */
enum mpa_error {
	MPA_OK,
	MPA_ERR_KEY,
	MPA_ERR_REVISION,
	MPA_ERR_MARKERS,
	MPA_ERR_PRIVATE,
	MPA_ERR_ENHANCED,
};

/**
 * struct mpa_startup_info - what a start-up frame says
 * @error:	why it was refused
 * @flags:	MPA_FLAG_CRC: the sender wants CRCs, which are used if either side
 *		wants them; MPA_FLAG_REJECT: a reply that rejects the
 *		connection, private data says why; no other flag is kept
 * @private_len: octets of private data
 * @private_data: points into the parsed frame
 * @revision:	of a bare connection; also set when markers are refused
 * @enhanced:	@ird and @ord are there (RFC 6581); not part of @private_data
 * @ird:	MPA_IRD_* and how many requests the sender can take at once
 * @ord:	MPA_ORD_* and how many it wants to have under way
 */
struct mpa_startup_info {
	enum mpa_error	error;
	u8		flags;
	u8		revision;
	bool		enhanced;
	u16		ird;
	u16		ord;
	u16		private_len;
	const void	*private_data;
};

/* The most octets of a start-up frame. */
#define MPA_MAX_STARTUP	(sizeof(struct mpa_startup) + MPA_MAX_PRIVATE_DATA)

int mpa_startup_build(void *buf, size_t size, bool reply, u8 flags,
		      const void *priv, u16 len);
int mpa_startup_parse(const void *buf, size_t len, bool reply,
		      struct mpa_startup_info *info);
int mpa_bare_build(void *buf, size_t size, bool reply,
		   const struct mpa_startup_info *info);
int mpa_bare_parse(const void *buf, size_t len, bool reply,
		   struct mpa_startup_info *info);
const char *mpa_error_name(enum mpa_error error);

/**
 * mpa_padding - octets between a ULPDU and its CRC
 * @ulpdu_len:	value of the length field
 *
 * The length field and the ULPDU together are padded to four octets
 * (RFC 5044 section 4.1).
 */
static inline u32 mpa_padding(u32 ulpdu_len)
{
	return -(MPA_LEN_SIZE + ulpdu_len) & 3;
}

/**
 * mpa_frame_size - octets that a frame takes in the TCP stream
 * @ulpdu_len:	value of the length field
 *
 * Return: length field, ULPDU, padding and CRC.
 */
static inline u32 mpa_frame_size(u32 ulpdu_len)
{
	return MPA_LEN_SIZE + ulpdu_len + mpa_padding(ulpdu_len) +
	       MPA_CRC_SIZE;
}

/*
 * The CRC covers all of a frame from the length field to the end of the
 * padding (RFC 5044 section 4.4), in as many pieces as the caller likes:
 *
 *	u32 crc = mpa_crc_start();
 *
 *	crc = mpa_crc_add(crc, head, sizeof(*head));
 *	crc = mpa_crc_add(crc, payload, len);
 *	trailer = mpa_crc_end(crc);
 *
 * Without CRCs the field is there all the same, zero and not looked at.
 */
static inline u32 mpa_crc_start(void)
{
	return ~0;
}

static inline u32 mpa_crc_add(u32 crc, const void *p, size_t len)
{
	return crc32c(crc, p, len);
}

/* The octets as they stand on the wire: RFC 5044 sends the CRC as iSCSI does. */
static inline __le32 mpa_crc_end(u32 crc)
{
	return cpu_to_le32(~crc);
}

#endif /* _HPS_DDP_MPA_H */
