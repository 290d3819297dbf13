"""What stands in a chat and nobody wrote: that a picture was left out, that a message was deleted, who joined."""

from __future__ import annotations

import re
from typing import Any

_LEFT_OUT = (
    "omitted|omitido|omitida|omis|omise|absente?|ausgeschlossen|weggelassen|omess[oiae]|ocultad[oa]|ocult[oa]|"
    "não revelad[oa]|weggelaten|pominięto|pominięta|vynechán[oay]?|без медиафайлов|пропущено|отсутствует|"
    "dahil edilmedi|utelämnat|utelatt|udeladt|jätetty pois|elhagyva|omisă|παραλείφθηκε"
)
_KIND = (
    "image|video|audio|voice message|sticker|gif|document|contact card|media|photo|picture|file|location|poll|"
    "bild|videonachricht|sprachnachricht|dokument|medien|kontaktkarte|"
    "imagen|vídeo|documento|nota de voz|archivo|multimedia|tarjeta de contacto|foto|"
    "vidéo|médias?|fichier|document|note vocale|immagine|adesivo|allegato|imagem|figurinha|arquivo|mídia|áudio|"
    "afbeelding|sticker|изображение|видео|аудио|стикер|документ|görüntü|ses|belge"
)
_ATTACHED = (
    "file attached|attached|datei angehängt|anhang|fichier joint|archivo adjunto|adjunto|file allegato|allegato|"
    "arquivo anexado|ficheiro anexado|anexo|bestand bijgevoegd|plik dołączony|файл добавлен|dosya ekli|"
    "添付ファイル|文件附件|附件|파일 첨부됨|الملف مرفق"
)
_DELETED = (
    "this message was deleted(?: by admin .+)?|you deleted this message|message deleted|"
    "diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|"
    "ce message a été supprimé|vous avez supprimé ce message|"
    "se eliminó este mensaje|este mensaje fue eliminado|eliminaste este mensaje|"
    "questo messaggio è stato eliminato|hai eliminato questo messaggio|"
    "(?:esta |essa )?mensagem (?:foi )?apagada|você apagou esta mensagem|apagou esta mensagem|"
    "dit bericht is verwijderd|je hebt dit bericht verwijderd|"
    "ta wiadomość została usunięta|usunięto tę wiadomość|"
    "(?:данное )?сообщение удалено|вы удалили (?:данное|это) сообщение|це повідомлення видалено|"
    "bu mesaj silindi|bu mesajı sildiniz|detta meddelande raderades|"
    "このメッセージは削除されました|此消息已删除|此訊息已刪除|삭제된 메시지입니다|تم حذف هذه الرسالة|null"
)
_MEDIA_NAME = (
    r"(?:\S[^/]{0,80})?\S\.(?:jpe?g|png|gif|webp|heic|mp4|mov|3gp|opus|ogg|m4a|mp3|aac|pdf|docx?|xlsx?|vcf|zip)"
)
_CALL = (
    "(?:missed|declined|unanswered|ongoing)? ?(?:group )?(?:voice|video) call(?:, .{0,40})?|"
    "verpasster (?:sprach|video)anruf|appel (?:vocal|vidéo) manqué|(?:video)?llamada (?:de voz )?perdida|"
    "(?:video)?chiamata (?:vocale )?persa|пропущенный (?:аудио|видео)звонок|waiting for this message.*"
)
_NOTE = re.compile(
    rf"<[^<>]{{3,80}}>|(?:{_KIND}) (?:{_LEFT_OUT})|(?:{_LEFT_OUT}) (?:{_KIND})|"
    rf"{_MEDIA_NAME}(?: \((?:{_ATTACHED})\)| • .{{0,40}})?|\(?(?:{_ATTACHED})\)?:? ?{_MEDIA_NAME}|"
    rf"(?:{_DELETED})|(?:{_CALL})|(?:location|live location|standort|ubicación|localisation|posizione): https?://\S+|"
    r"\[?(?:photo|video|sticker|file|album|voice message|사진|동영상|이모티콘|スタンプ|写真|图片|表情|照片|貼圖)\]?",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(
    "(?:messages|nachrichten|los mensajes|les messages|i messaggi|as mensagens|berichten|wiadomości|сообщения|mesajlar)"
    ".{0,80}(?:end-to-end|ende-zu-ende|extremo a extremo|bout en bout|crittografat|ponta a ponta|całkowicie|сквозн|"
    "uçtan uca).*",
    re.IGNORECASE | re.DOTALL,
)
# What is added to a text: that it was changed later, or the name of a picture.
_ADDED = re.compile(
    r"\s*<[^<>]*(?:edited|bearbeitet|modifi|editad|modificat|bewerkt|edytowan|измен|düzenlen|編集|编辑|수정|"
    r"\.[a-z0-9]{3,4})[^<>]*>$",
    re.IGNORECASE,
)
_MARK = "\u200e"  # with which one phone begins its own notes
_HIDDEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Kinds of entries of exported chats that are no messages.
_SERVICE_SUBTYPES = {
    "channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive",
    "channel_unarchive", "channel_convert_to_private", "group_join", "group_leave", "group_topic", "group_purpose",
    "group_name", "group_archive", "group_unarchive", "bot_add", "bot_remove", "bot_message", "bot_enable",
    "bot_disable", "pinned_item", "unpinned_item", "tombstone", "reminder_add", "sh_room_created", "huddle_thread",
    "app_conversation_join", "app_conversation_leave", "joiner_notification",
}  # fmt: skip
_MESSAGE_TYPES = {"Default", "Reply", "ThreadStarterMessage", "0", "19", "ChatInputCommand"}


def visible(text: str) -> str:
    """A text without the marks of direction that phones put into what they export."""
    return _HIDDEN.sub("", text)


def own_words(text: str) -> str | None:
    """What somebody wrote in a message, on one or several lines; None where a note stands in for it."""
    if text.lstrip().startswith(_MARK):
        return None
    words = _ADDED.sub("", visible(text)).strip()
    lines = [line for line in words.split("\n") if not _NOTE.fullmatch(line.strip().rstrip(".…"))]
    return None if (words and not lines) or _ENCRYPTED.fullmatch(words) else "\n".join(lines)


def is_service_message(item: Any) -> bool:
    """Whether an entry of an exported chat says what happened in it (Telegram, Slack, Discord)."""
    if not isinstance(item, dict):
        return False
    kind = item.get("type")
    if kind == "service" and ("action" in item or "actor" in item):
        return True
    if kind == "message" and item.get("subtype") in _SERVICE_SUBTYPES:
        return True
    if isinstance(kind, bytes):
        kind = kind.decode()
    return "author" in item and "content" in item and isinstance(kind, str) and _is_event(kind, item)


def _is_event(kind: str, item: dict[str, Any]) -> bool:
    """Of Discord, whose messages have a time; other chats' entries are of no kind that is known."""
    return "timestamp" in item and kind not in _MESSAGE_TYPES
