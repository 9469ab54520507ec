"""Invented names and places that the sample is told with."""

SEGMENTS = ("Value Seekers", "Traditionalists", "Digital Natives", "Eco Savers")
VALUE, TRADITIONAL, DIGITAL, ECO = range(4)

WOMEN = (
    "Asha", "Priya", "Meera", "Kavya", "Ananya", "Divya", "Lakshmi", "Neha", "Pooja", "Ritu", "Sunita", "Zoya",
    "Isha", "Nandini", "Rekha", "Emma", "Olivia", "Grace", "Hannah", "Mei", "Siti", "Farah", "Tara", "Usha",
)  # fmt: skip
MEN = (
    "Arjun", "Rahul", "Vikram", "Karan", "Rohan", "Sanjay", "Amit", "Deepak", "Suresh", "Imran", "Nikhil", "Varun",
    "Aditya", "Manoj", "Harish", "James", "Oliver", "Daniel", "Liam", "Wei", "Hafiz", "Ravi", "Kabir", "Dev",
)  # fmt: skip
FIRST_NAMES = WOMEN + MEN
LAST_NAMES = (
    "Rao", "Sharma", "Iyer", "Patel", "Khan", "Nair", "Gupta", "Menon", "Das", "Reddy", "Joshi", "Kapoor", "Bose",
    "Chopra", "Pillai", "Verma", "Mehta", "Shetty", "Banerjee", "Fernandes", "D'Souza", "Brooks", "Carter", "Hughes",
    "Walker", "Lim", "Tan", "Wong", "Chatterjee", "Kulkarni", "Saxena", "Trivedi", "Ghosh", "Malhotra", "Naidu",
    "Sethi",
)  # fmt: skip

COUNTRIES = ("India", "United States", "United Kingdom", "Singapore")
COUNTRY_SHARES = (0.78, 0.08, 0.08, 0.06)
DIALLING_CODES = ("91", "1", "44", "65")
TIME_ZONES = ("IST", "America/New_York", "Europe/London", "Asia/Singapore")
COUNTRY_LANGUAGES = (("en", "hi", "ta"), ("en", "es", "en"), ("en", "en", "en"), ("en", "zh", "en"))

CITIES = (
    ("Pune", "Maharashtra", 0, "411"), ("Mumbai", "Maharashtra", 0, "400"), ("Bengaluru", "Karnataka", 0, "560"),
    ("Chennai", "Tamil Nadu", 0, "600"), ("Hyderabad", "Telangana", 0, "500"), ("Kochi", "Kerala", 0, "682"),
    ("Jaipur", "Rajasthan", 0, "302"), ("Kolkata", "West Bengal", 0, "700"), ("New Delhi", "Delhi", 0, "110"),
    ("Ahmedabad", "Gujarat", 0, "380"), ("Springfield", "Illinois", 1, "627"), ("Portland", "Oregon", 1, "972"),
    ("Austin", "Texas", 1, "787"), ("Leeds", "England", 2, "LS1"), ("Bristol", "England", 2, "BS1"),
    ("Cardiff", "Wales", 2, "CF1"), ("Singapore", "Singapore", 3, "018"), ("Jurong", "Singapore", 3, "609"),
)  # fmt: skip
"""City, state, position of the country, start of its postal codes."""

MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")

COMPANY_FIRST = (
    "Tarnwell", "Brightmoor", "Oakfen", "Silverquay", "Northgale", "Kestrel", "Marlowe", "Junipero", "Halden",
    "Corvane", "Larkspur", "Pellworth", "Quillon", "Redbarn", "Stonehythe", "Umberfield", "Vantry", "Wexcombe",
)  # fmt: skip
COMPANY_LAST = ("Logistics", "Foods", "Software", "Textiles", "Clinics", "Motors", "Retail", "Energy")
COMPANY_FORMS = ("Ltd", "Inc", "Pvt Ltd", "LLP")
