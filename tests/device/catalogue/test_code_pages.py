"""Bytes become the text that was meant, or none."""

# failure 35

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.code_pages import NotTextError, text_of

WESTERN = {
    "German": "Öl & Straße, Müller; 20 m², 500 m³ – 5 € „Süd“",
    "French": "L’été « chaud » à Nîmes, Chef-d’œuvre, Hôtel Où, Ça va ?",
    "Spanish": "Niño, ¿sí? ¡Olé! 1º de mayo, pingüino",
    "Portuguese": "São João, Corações, pão de queijo, ª",
    "Italian": "Città, caffè, perché, così, però, più",
    "Nordic": "Ærø, Tähti, Ångström, Smörgås, Café à la crème",
    "Icelandic": "Þingvellir, Æðey, Sólheimar, Ísafjörður",
    "of everywhere": "Amélie, Låt den rätte komma in, Niño, Þór",
    "signs alone": "5 € – “x” … 20 °C ±1 §5",
}
"""Texts in Windows-1252."""

OTHERS = {
    "Polish": ("cp1250", "Kościół Świętej Anny, Café"),
    "Polish ń": ("cp1250", "Toruń, Poznań"),
    "Polish Ś": ("cp1250", "Święta"),
    "Czech": ("cp1250", "Náměstí Míru"),
    "Czech ů": ("cp1250", "Pražský hrad, Karlův most"),
    "Slovak": ("cp1250", "Námestie slobody, Košice, ľad"),
    "Hungarian": ("cp1250", "Hősök tere, Fürdő, Petőfi"),
    "Romanian": ("cp1250", "Cetăţuia, Braşov, Râşnov"),
    "Croatian": ("cp1250", "Šišmiš u Čačku, Đakovo"),
    "Turkish": ("cp1254", "Köprüsü, Beyoğlu"),
    "Turkish ı": ("cp1254", "Topkapı Sarayı, Kız Kulesi"),
    "Turkish İ": ("cp1254", "İstanbul, Şişli"),
    "Lithuanian": ("cp1257", "Žvėrynas, Gedimino pilis"),
    "Latvian": ("cp1257", "Ķīpsala, Mežaparks, Āgenskalns"),
    "Estonian": ("cp1257", "Šaakal, Žürii, Tõrv"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("language", WESTERN)
def test_windows_1252_of_western_europe_is_read(language: str, newline: str) -> None:
    text = f"id;title{newline}a;{WESTERN[language]}{newline}"
    read, how = text_of(text.encode("cp1252"))
    assert read == text
    assert how.startswith("as Windows-1252 (")
    assert how.endswith(" in line 2)")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("language", OTHERS)
def test_text_that_may_be_of_another_country_is_refused(language: str, newline: str) -> None:
    code_page, text = OTHERS[language]
    with pytest.raises(NotTextError, match=r"^not UTF-8 text; save it as CSV UTF-8$") as caught:
        text_of(f"id;title{newline}a;{text}{newline}".encode(code_page))
    assert caught.value.line == 2


@given(st.text())
def test_any_text_in_utf8_is_read_as_it_is(text: str) -> None:
    assert text_of(b"id" + text.encode()) == (f"id{text}", "")
