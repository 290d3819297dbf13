"""What the name of a column says of its cells, in the languages of the people who name them."""

from __future__ import annotations

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TEXT = _set(
    """
    text texts sentence sentences body content contents message messages comment comments review reviews
    utterance utterances quote quotes tweet post posts question questions answer answers prompt response reply
    feedback opinion caption transcript transcription dialogue dialog line lyric lyrics verse poem poems joke
    story essay abstract statement phrase phrases remark speech document article paragraph utt txt msg
    premise hypothesis texte commentaire commentaires avis contenu réponse citation poème parole paroles satz
    sätze kommentar kommentare bewertung nachricht nachrichten inhalt beitrag antwort frage zitat gedicht
    äußerung rezension meinung texto frase frases oración oracion comentario comentarios reseña opinión mensaje
    contenido pregunta respuesta poema mensagem comentário avaliação conteúdo resposta pergunta testo frasi
    commento recensione messaggio contenuto domanda risposta citazione poesia zin tekst bericht inhoud opmerking
    vraag antwoord mening recensie zdanie zdania komentarz wiadomość treść opinia recenzja pytanie odpowiedź
    wiersz cytat věta komentář zpráva obsah recenze otázka mondat szöveg vélemény üzenet lause teksti viesti
    arvostelu setning besked meddelande meddelelse recension metin cümle yorum mesaj içerik soru cevap текст
    тексты предложение предложения комментарий комментарии отзыв отзывы сообщение сообщения содержание вопрос
    ответ цитата стих стихотворение фраза речення повідомлення відгук коментар зміст κείμενο πρόταση σχόλιο
    μήνυμα نص النص جملة تعليق رسالة مراجعة محتوى سؤال متن جمله نظر پیام טקסט משפט תגובה הודעה वाक्य पाठ टिप्पणी
    संदेश समीक्षा প্রশ্ন বাক্য 文本 句子 评论 評論 内容 內容 消息 正文 问题 問題 回答 留言 文 本文 文章 テキスト
    コメント レビュー メッセージ 質問 発話 台詞 텍스트 문장
    댓글 리뷰 내용 메시지 질문 답변 본문 ข้อความ ประโยค
    """
)
_ABOVE = _set(  # a text: "titre avis" is the title of an opinion, though the last word of a name counts most elsewhere
    """
    title titles subject headline headlines titel überschrift betreff titre titres título titulo asunto assunto titolo
    oggetto onderwerp tytuł nadpis rubrik otsikko заголовок başlık 标题 標題 タイトル 제목
    """
)
TITLE = _ABOVE | _set(  # or what else stands beside a text, and is one where there is none: notes on it
    """
    note notes notiz notizen bemerkung bemerkungen remarque nota notas uwagi 备注
    name names summary description context passage nom nombre nome beschreibung zusammenfassung resumen résumé naam
    nazwa imię название имя описание isim 名称 名前 이름 headword word words term proverb idiom recipe definition
    """
)
OTHER = _set(
    """
    id ids uid uuid guid key index idx nr no number hash sha md5 url uri link links href website email mail
    phone address adress adresse city country state zip postcode postal date time timestamp datetime day month
    year created updated published label labels class category categories topic tag tags sentiment rating score
    stars emotion mood tense genre target gender sex polarity intent split lang language languages author
    authors user username sender from to role speaker type kind status license licence attribution copyright
    credit file filename path folder code count length size version price lat lon latitude longitude ip avatar
    image photo picture video audio device platform publisher isbn doi hashtags datum fecha data дата tarih 日期
    날짜 autor auteur autore автор yazar 作者 sprache langue idioma lingua язык klasse kategorie catégorie categoría
    categoria категория geschlecht sexe género genere пол cinsiyet dirección indirizzo адрес adres 地址 住所 主题 标签
    """
)
_LANGUAGES = _set(
    """
    en de fr es it pt nl pl cs sk ru uk bg sr hr sl ro hu fi sv da no nb et lv lt el tr ar he fa ur hi bn ta te
    th vi id ms ja ko zh eng deu fra spa ita por rus jpn english german french spanish italian russian chinese
    japanese deutsch englisch français anglais español inglés italiano
    """
)
_LONGEST_NAME = 4  # words
_WORDS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def parts(name: str) -> list[str]:
    """The words of a column's name: `reviewBody_1` -> review, body."""
    return [word.casefold() for word in _WORDS.findall(_CAMEL.sub(" ", name[:80]))]


def weight(name: str) -> float:
    """How much the name of a column speaks for a text in it: 1 says nothing. Of several words, the last counts
    most."""
    words = parts(name.replace("[]", "").rpartition(".")[2] or name)
    if len(words) > _LONGEST_NAME:  # a question of a survey, which says nothing of its answers
        return 1.0
    for word in reversed(words):
        if word in OTHER:
            return 0.5
        if word in TEXT or word.rstrip("s") in TEXT:
            return 1.25 if _ABOVE.intersection(words) else 2.0
        if word in TITLE:
            return 1.25
    return 1.1 if words and words[-1] in _LANGUAGES else 1.0


def is_heading(cell: str) -> bool:
    """Whether a cell is a name that columns have, and hardly a text or a label of its own."""
    words = parts(cell)
    return 0 < len(words) <= 3 and len(cell) <= 40 and words[-1] in TEXT | TITLE | OTHER
