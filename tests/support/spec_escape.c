/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "support/spec_report.h"

/* The size of the character that starts here; 0 if it is not UTF-8. Overlong
 * forms, surrogates and what is beyond Unicode are not. */
static size_t character_size(const char *value)
{
    const unsigned char *bytes = (const unsigned char *)value;
    uint32_t code;
    size_t size;

    if (bytes[0] < 0x80) {
        return 1;
    }
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4) {
        return 0;
    }
    size = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    code = bytes[0] & (0x7Fu >> size);
    for (size_t index = 1; index < size; index++) {
        if ((bytes[index] & 0xC0) != 0x80) {
            return 0;
        }
        code = (code << 6) | (bytes[index] & 0x3Fu);
    }
    if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000) ||
        code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ||
        code == 0xFFFE || code == 0xFFFF) {
        return 0;
    }
    return size;
}

/* XML has no way at all to write a control character. */
static const char *xml_entity(char byte)
{
    switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\n': return "&#10;";
    case '\t': return "&#9;";
    default: return (unsigned char)byte < 0x20 || byte == 0x7F ? "?" : NULL;
    }
}

void spec_add_xml(spec_text *text, const char *value)
{
    while (*value) {
        size_t size = character_size(value);
        const char *entity = size == 1 ? xml_entity(*value) : NULL;

        if (size == 0) {
            entity = "?";
            size = 1;
        }
        spec_text_add_bytes(
            text, entity ? entity : value, entity ? strlen(entity) : size);
        value += size;
    }
}

void spec_add_json(spec_text *text, const char *value)
{
    spec_text_add(text, "\"");
    while (*value) {
        size_t size = character_size(value);

        if (size == 0) {
            spec_text_add(text, "?");
            size = 1;
        } else if (*value == '"' || *value == '\\') {
            spec_text_add(text, "\\%c", *value);
        } else if ((unsigned char)*value < 0x20) {
            spec_text_add(text, "\\u%04x", (unsigned)(unsigned char)*value);
        } else {
            spec_text_add_bytes(text, value, size);
        }
        value += size;
    }
    spec_text_add(text, "\"");
}
