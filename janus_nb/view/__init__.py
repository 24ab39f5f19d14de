"""The views: one model, made from events alone, and what shows it: page, document, widget, text, picture.

events -> fold -> marks, boxes, layout -> model -> page (HTML without scripts) -> document, widget (with static/janus.js)
                                                -> text, drawing (SVG, DOT)
"""
