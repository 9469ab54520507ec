{#-
  What visitors ask AI features about: the closed set of concerns, in the order in which they are tried. A question
  gets the first concern one of whose keywords begins a word of it, in any case; the last one takes every other.
  What is wanted comes before what it is wanted for: the cheapest shampoo is about the price.
-#}
{% macro concern_rules() -%}
    {{ return([
        {"name": "Order Support", "category": "Service",
         "keywords": ["my order", "delivery", "shipping", "parcel", "tracking", "refund", "call me"]},
        {"name": "Availability", "category": "Shopping",
         "keywords": ["out of stock", "in stock", "restock", "sold out", "unavailable"]},
        {"name": "Price & Value", "category": "Shopping",
         "keywords": ["cheap", "price", "discount", "coupon", "offer", "expensive", "budget", "afford"]},
        {"name": "Sustainability", "category": "Values",
         "keywords": ["refill", "compost", "recycl", "vegan", "cruelty", "plastic", "sustainab", "organic", "eco-"]},
        {"name": "Acne & Blemishes", "category": "Skin",
         "keywords": ["acne", "pimple", "blemish", "breakout", "blackhead"]},
        {"name": "Dark Spots", "category": "Skin",
         "keywords": ["dark spot", "pigment", "melasma", "uneven", "dark circle"]},
        {"name": "Fine Lines & Aging", "category": "Skin",
         "keywords": ["fine line", "wrinkle", "aging", "ageing", "anti-ag", "retinol", "firm"]},
        {"name": "Sensitivity", "category": "Skin",
         "keywords": ["sensitive", "fragrance", "redness", "irritat", "allerg", "rosacea", "eczema"]},
        {"name": "Hair & Scalp", "category": "Hair",
         "keywords": ["hair", "scalp", "dandruff", "shampoo", "conditioner"]},
        {"name": "Dryness", "category": "Skin",
         "keywords": ["dry", "dehydrat", "flaky", "hydrat", "moistur"]},
        {"name": "Oily Skin", "category": "Skin",
         "keywords": ["oily", "shiny", "greasy", "sebum", "pores"]},
        {"name": "Other Questions", "category": "General", "keywords": []},
    ]) }}
{%- endmacro %}
