"""Products of the web shop, who is drawn to which, and what people ask its AI features."""

from __future__ import annotations

import numpy as np

from customer360.sample import columns as c
from customer360.sample.calendar import Calendar, stream
from customer360.sample.columns import Chunk

CATEGORIES = ("Cleansers", "Moisturizers", "Serums", "Sun Care", "Hair Care", "Gadgets", "Eco Care", "Value Packs")
ECO_CARE, VALUE_PACKS = 6, 7
PRODUCTS_A_CATEGORY = 6
FORMS = (
    ("Gel Wash", "Foam Wash", "Cream Wash", "Micellar Water", "Clay Wash", "Cleansing Oil"),
    ("Day Cream", "Night Cream", "Gel Cream", "Body Lotion", "Hand Cream", "Face Mist"),
    ("Vitamin C Serum", "Niacinamide Serum", "Hyaluronic Serum", "Retinol Serum", "Peptide Serum", "Eye Serum"),
    ("Sun Gel SPF 50", "Sun Cream SPF 30", "Sun Stick", "After Sun Lotion", "Tinted SPF", "Kids SPF 50"),
    ("Shampoo", "Conditioner", "Hair Oil", "Hair Mask", "Scalp Tonic", "Dry Shampoo"),
    ("Sonic Brush", "Skin Scanner", "LED Mask", "Smart Mirror", "Steamer", "Massage Roller"),
    ("Refill Wash", "Solid Shampoo", "Compostable Wipes", "Refill Cream", "Bamboo Brush", "Plastic-free Deodorant"),
    ("Family Soap Pack", "Twin Lotion Pack", "Saver Shampoo", "Travel Set", "Monthly Basics", "Bulk Hand Wash"),
)  # fmt: skip
PRICES = (899, 1499, 2499, 1799, 1099, 6499, 1599, 749)
"""Usual price of each category, in hundredths."""
TASTES = (
    (14, 12, 5, 8, 16, 2, 3, 40),
    (22, 26, 8, 12, 20, 1, 4, 7),
    (10, 12, 26, 12, 8, 26, 4, 2),
    (8, 10, 8, 8, 8, 2, 54, 2),
    (16, 16, 14, 14, 14, 8, 10, 8),
)
"""Interest in each category by latent segment; the last row is of visitors nobody knows."""
UNKNOWN_VISITOR = len(TASTES) - 1

FEATURES = ("chat", "questionnaire", "image", "routine")
QUESTIONS = (
    "My skin is very dry in winter, what should I use?",
    "Looking for something against acne on the chin",
    "Which serum helps with dark spots?",
    "Is this sunscreen fine for sensitive skin, without fragrance?",
    "How do I reduce fine lines, I am new to retinol",
    "Do you have a refillable deodorant? Could not find one",
    "cheapest shampoo for the whole family?",
    "Routine for oily skin, morning and evening",
    "Are your wipes compostable, and where are they made?",
    "My hair is falling out, please help",
    'The site says "out of stock" for the sun stick, when is it back?',
    "Please call me back on +1 555 010 0199 about my order",
)
QUESTION_SHARES = (0.15, 0.14, 0.12, 0.1, 0.1, 0.06, 0.07, 0.11, 0.05, 0.05, 0.04, 0.01)


class Products:
    """The products on sale: position, category and price, and picking one a visitor would look at."""

    def __init__(self, seed: int, calendar: Calendar) -> None:
        rng = stream(seed, "shop.products")
        count = len(CATEGORIES) * PRODUCTS_A_CATEGORY
        self.category = np.repeat(np.arange(len(CATEGORIES)), PRODUCTS_A_CATEGORY)
        usual = np.array(PRICES)[self.category] * rng.uniform(0.6, 1.6, count)
        self.price = (np.rint(usual / 100) * 100 - 1).astype(np.int64)
        self.launched = calendar.first - rng.integers(20, 900, count)
        appeal = rng.gamma(2.0, 0.5, count) + 0.1
        weights = np.array(TASTES, dtype=float)[:, self.category] * appeal
        self._reach = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)

    def __len__(self) -> int:
        return len(self.category)

    def pick(self, rng: np.random.Generator, taste: np.ndarray) -> np.ndarray:
        """One product for each row of ``taste`` (latent segment or UNKNOWN_VISITOR)."""
        draw, picked = rng.random(len(taste)), np.zeros(len(taste), dtype=np.int64)
        for row, reach in enumerate(self._reach):
            here = taste == row
            picked[here] = np.searchsorted(reach, draw[here], side="right")
        return np.minimum(picked, len(self) - 1)

    def chunk(self) -> Chunk:
        """The chunk of shop-products."""
        names = [
            f"{'Leaf & Loop' if category == ECO_CARE else 'Lumina'} {form}"
            for category, forms in enumerate(FORMS)
            for form in forms
        ]
        return {
            "product_id": product_ids(np.arange(len(self))),
            "product_name": c.texts(names),
            "category": c.words(self.category, CATEGORIES),
            "unit_price": c.decimals(self.price),
            "is_active": c.flags(np.arange(len(self)) % 23 != 22),
            "launched_on": c.days(self.launched),
        }


def product_ids(positions: np.ndarray, present: np.ndarray | None = None) -> c.Column:
    """Spelled product ids of positions in the catalogue."""
    return c.codes("PRD-", positions + 101, 3, present)
